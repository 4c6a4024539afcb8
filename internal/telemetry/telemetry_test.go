package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tavana/tavana/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLoggerWritesJSONToAPipe(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger, err := telemetry.NewLogger(&out, "warn")
	if err != nil {
		t.Fatal(err)
	}
	logger.InfoContext(t.Context(), "hidden")
	logger.WarnContext(t.Context(), "shown", "table_name", "t")
	var line struct {
		Message string `json:"msg"`
		Table   string `json:"table_name"`
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%q: %v", out.String(), err)
	}
	if line.Message != "shown" || line.Table != "t" {
		t.Errorf("got %+v", line)
	}
	if _, err := telemetry.NewLogger(&out, "loud"); err == nil {
		t.Error("an unknown level was taken")
	}
}

func TestReadinessFollowsTheProgram(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	server, err := telemetry.ServeHTTP(t.Context(), telemetry.HTTPConfig{
		Listen:   "127.0.0.1:0",
		Gatherer: telemetry.NewRegistry(),
		Ready: func(context.Context) error {
			if broken.Load() {
				return errors.New("the fleet is away")
			}
			return nil
		},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(path string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+server.Address()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	if code, _ := get("/readyz"); code != http.StatusOK {
		t.Errorf("ready: got %d", code)
	}
	broken.Store(true)
	if code, body := get("/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "fleet is away") {
		t.Errorf("not ready: got %d %q", code, body)
	}
	if code, _ := get("/healthz"); code != http.StatusOK {
		t.Errorf("health: got %d", code)
	}
	if _, body := get("/metrics"); !strings.Contains(body, "process_open_fds") {
		t.Error("no metrics of the process")
	}
	if err := server.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// A part that hangs is not ready: whoever asks is told so, and does not hang.
func TestReadinessOfWhatHangs(t *testing.T) {
	t.Parallel()
	server, err := telemetry.ServeHTTP(t.Context(), telemetry.HTTPConfig{
		Listen: "127.0.0.1:0", Gatherer: telemetry.NewRegistry(), Logger: slog.New(slog.DiscardHandler),
		Ready: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+server.Address()+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %d", response.StatusCode)
	}
}

//go:build soak

package attack_test

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// growth follows what a server holds while a soak goes on.
type growth struct {
	stop    context.CancelFunc
	watcher sync.WaitGroup

	began   time.Time
	samples []glance
}

type glance struct {
	at                              time.Duration
	memory, goroutines, descriptors float64
}

// grows begins to look at the server every few seconds. report ends it.
func (h *house) grows(t *testing.T) *growth {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	g := &growth{stop: stop, began: time.Now()}
	url := "http://" + h.Status(t).HTTP + "/metrics"
	process := "/proc/" + strconv.Itoa(h.PID())
	every := time.NewTicker(2 * time.Second)
	g.watcher.Go(func() {
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
			}
			if goroutines, ok := goroutines(ctx, url); ok {
				g.samples = append(g.samples, glance{
					at: time.Since(g.began), goroutines: goroutines,
					memory: resident(process), descriptors: open(process),
				})
			}
		}
	})
	return g
}

// goroutines reads how many the server has; a server that is busy is asked again
// later.
func goroutines(ctx context.Context, url string) (float64, bool) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, false
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, false
	}
	defer func() { _ = response.Body.Close() }()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "go_goroutines "); ok {
			n, err := strconv.ParseFloat(text, 64)
			return n, err == nil
		}
	}
	return 0, false
}

func resident(process string) float64 {
	text, _ := os.ReadFile(process + "/statm")
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return float64(pages*os.Getpagesize()) / (1 << 20)
}

func open(process string) float64 {
	entries, _ := os.ReadDir(process + "/fd")
	return float64(len(entries))
}

// report says how much of each there was, and how much came an hour: the slope of
// the line through the samples after the first tenth, when caches are warm.
func (g *growth) report(t *testing.T, during string) {
	t.Helper()
	g.stop()
	g.watcher.Wait()
	all := g.samples[len(g.samples)/10:]
	if len(all) < 3 {
		report(t, "what the server held, %s: too short to tell", during)
		return
	}
	of := func(what, unit string, value func(glance) float64) {
		first, last := value(all[0]), value(all[len(all)-1])
		report(t, "%s of the server, %s: %.0f %s, then %.0f; slope %+.1f an hour", what, during, first, unit, last, slope(all, value))
	}
	of("memory", "MiB", func(s glance) float64 { return s.memory })
	of("goroutines", "of them", func(s glance) float64 { return s.goroutines })
	of("descriptors", "of them", func(s glance) float64 { return s.descriptors })
}

// slope is that of the line of least squares, per hour.
func slope(all []glance, value func(glance) float64) float64 {
	var x, y, xx, xy float64
	for _, s := range all {
		at, v := s.at.Hours(), value(s)
		x, y, xx, xy = x+at, y+v, xx+at*at, xy+at*v
	}
	n := float64(len(all))
	return (n*xy - x*y) / (n*xx - x*x)
}

// processor gives the processor time of a process so far.
func processor(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	const tick = 10 * time.Millisecond
	return time.Duration(user+system) * tick
}

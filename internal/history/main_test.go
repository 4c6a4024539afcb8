package history_test

import (
	"os"
	"testing"

	"github.com/tavana/tavana/internal/pgserver/pgtest"
)

var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }

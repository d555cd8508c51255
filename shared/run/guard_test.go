package run_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"easel/shared/run"
)

func TestGuard(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	refused := errors.New("refused")
	if err := run.Guard(t.Context(), logger, "sweep", func() error { return refused }); !errors.Is(err, refused) || log.Len() > 0 {
		t.Errorf("got %v, logged %q", err, &log)
	}
	err := run.Guard(t.Context(), logger, "sweep", func() error { panic("a red fox") }, "job", "j7")
	if err == nil || !strings.Contains(err.Error(), "the sweep panicked") {
		t.Errorf("got %v", err)
	}
	if got := log.String(); !strings.Contains(got, "guard_test.go") || !strings.Contains(got, "job=j7") || strings.Contains(got, "red fox") {
		t.Errorf("the log must name the job and the place, and not repeat what the panic says: %s", got)
	}
}

package api_test

import (
	"net/http"
	"strings"
	"testing"

	"easel/shared/api"
)

func TestABodyAtTheLimitIsTaken(t *testing.T) {
	inHouse(t, func(h *harness) {
		line := strings.Repeat("fox ", 425) + "\n"
		body := strings.Repeat(line, api.MaxBody/len(line))
		body += strings.Repeat("f", api.MaxBody-len(body))
		lines := strings.Count(body, "\n") + 1
		for more, status := range map[string]int{"": http.StatusOK, "f": http.StatusRequestEntityTooLarge} {
			response, answer := h.call("POST", "/batches?dry_run=true", body+more, "Content-Type", "text/plain")
			if response.StatusCode != status {
				t.Errorf("%d bytes in %d lines: got %d %.200s", len(body+more), lines, response.StatusCode, answer)
			}
		}
	})
}

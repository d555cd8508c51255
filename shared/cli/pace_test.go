package cli_test

import (
	"testing"

	"easel/shared/api/client"
)

// What --pace says of a model holds, and the others keep their pace.
func TestAServerKeepsThePaceThatIsSet(t *testing.T) {
	cmd := program(t, "serve", "--addr", "127.0.0.1:0", "--data", t.TempDir(), "--log-format", "json", "--sim-quota", "real", "--pace", "core=60/120,stability.stable-image-ultra-v1:1=4")
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	started, asked := make(chan string, 1), make(chan struct{})
	go follow(log, started)
	got := map[string]float64{}
	go func() {
		defer close(asked)
		c, err := client.New(<-started, "")
		if err != nil {
			t.Error(err)
			return
		}
		list, err := c.Models(t.Context(), false)
		if err != nil {
			t.Error(err)
		}
		for _, m := range list.Data {
			got[m.Alias] = m.PacePerMinute
		}
	}()
	if code := interrupt(t, cmd, asked); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	for alias, want := range map[string]float64{"core": 59.1, "sd35": 14.78, "ultra": 3.94} {
		if got[alias] != want {
			t.Errorf("%s: %v calls a minute, want %v", alias, got[alias], want)
		}
	}
}

package local

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"easel/shared/smalldisk"
)

// says asks a probe, and returns the status and what the answer says.
func says(t *testing.T, address string) (status int, detail string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var p struct{ Detail string }
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, p.Detail
}

func TestAServerOnAFullDiskIsAliveAndNotHealthy(t *testing.T) {
	disk := smalldisk.Make(t, "size=8m")
	r := up(t, Options{Data: filepath.Join(disk, "data"), adjust: func(e *engine) { e.health.age = 0 }})
	expect := func(when string, want int, words string) {
		t.Helper()
		status, detail := says(t, r.url+"/healthz")
		if status != want || !strings.Contains(detail, words) || strings.Contains(detail, disk) {
			t.Errorf("%s: got %d %q, want %d", when, status, detail, want)
		}
		if status, _ := says(t, r.url+"/livez"); status != http.StatusOK {
			t.Errorf("%s: the process is called dead, %d", when, status)
		}
	}
	expect("an empty disk", http.StatusOK, "")
	fill(t, disk)
	expect("a full disk", http.StatusServiceUnavailable, "no room")
	empty(t, disk)
	expect("a disk with room again", http.StatusOK, "")
	if err := os.RemoveAll(filepath.Join(disk, "data", "files", ".tmp")); err != nil {
		t.Fatal(err)
	}
	expect("a folder that takes no file", http.StatusServiceUnavailable, "could not be stored")
}

package local

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/job"
	"easel/shared/request"
)

// A prompt that was deleted can be read in no file a minute later, neither in the database nor in its log of writes.
func TestADeletedPromptIsInNoFile(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		l := newLoad(t, dir, newSim(t, 1), Options{}.setting(0))
		l.store.SetBase("http://127.0.0.1")
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(l.start(ctx))
		defer wg.Wait()
		defer stop()
		const canary = "a canary that nobody may read"
		receipt, err := l.submitter.Submit(t.Context(), job.Caller{Owner: "ann"}, request.Request{Settings: request.Settings{Prompt: canary}}, "")
		if err != nil {
			t.Fatal(err)
		}
		if shown, err := l.reader.Wait(t.Context(), job.Caller{Owner: "ann"}, receipt.Job.ID, time.Minute); err != nil || shown.Job.Status != job.Succeeded {
			t.Fatalf("the job is %s, %v", shown.Job.Status, err)
		}
		if found := filesWith(t, dir, canary); len(found) == 0 {
			t.Fatal("the test looks into the wrong files")
		}
		if err := l.submitter.Delete(t.Context(), job.Caller{Owner: "ann"}, receipt.Job.ID); err != nil {
			t.Fatal(err)
		}
		<-time.After(scrubTime + time.Second)
		if found := filesWith(t, dir, canary); len(found) > 0 {
			t.Errorf("the prompt is in %v", found)
		}
	})
}

// filesWith are the database's files that hold a text.
func filesWith(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "easel.db*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(text)) {
			found = append(found, filepath.Base(file))
		}
	}
	return found
}

package api_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/job"
)

// unzip reads an archive: its pictures by name, and its manifest.
func unzip(t *testing.T, data []byte) (pictures map[string][]byte, lines []api.ManifestLine) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	pictures = map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r) // which holds it against its sum
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if f.Modified.Before(time.Now().Add(-time.Hour)) {
			t.Errorf("%s is of %v", f.Name, f.Modified)
		}
		if f.Name != "manifest.jsonl" {
			if pictures[f.Name] = content; f.Method != zip.Store {
				t.Errorf("%s is compressed", f.Name)
			}
			continue
		}
		for d := json.NewDecoder(bytes.NewReader(content)); d.More(); {
			var line api.ManifestLine
			if err := d.Decode(&line); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, line)
		}
	}
	return pictures, lines
}

// holds wants each line that has a file to have the very picture.
func holds(t *testing.T, pictures map[string][]byte, lines []api.ManifestLine) {
	t.Helper()
	files := 0
	for _, line := range lines {
		if line.File == "" {
			continue
		}
		files++
		if sum := sha256.Sum256(pictures[line.File]); hex.EncodeToString(sum[:]) != line.SHA256 {
			t.Errorf("%s is not the picture of job %s", line.File, line.JobID)
		}
	}
	if files != len(pictures) {
		t.Errorf("%d pictures, %d lines with one", len(pictures), files)
	}
}

func TestPicturesOfSomeJobsComeAsAnArchive(t *testing.T) {
	inHouse(t, func(h *harness) {
		one, two, queued := h.made("1").ID, h.made("2").ID, h.order("3").ID
		path := "/images.zip?id=" + one + "&id=" + strings.ToUpper(two) + "&id=" + queued + "&id=" + one
		response, data := h.call("GET", path, "")
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Disposition") != `attachment; filename="easel-pictures.zip"` {
			t.Fatalf("got %d, %v", response.StatusCode, response.Header)
		}
		pictures, lines := unzip(t, data)
		holds(t, pictures, lines)
		if len(pictures) != 2 || len(lines) != 3 || lines[0].JobID != one || lines[2].Status != "queued" || lines[2].File != "" {
			t.Fatalf("got %+v", lines)
		}
		if want := "a-red-fox-" + one[len(one)-12:] + ".png"; lines[0].File != want || lines[0].Input.Prompt != "a red fox" || lines[0].Sent.Seed != 4711 {
			t.Errorf("got %+v, want the file %s", lines[0], want)
		}
		if response, data := h.call("HEAD", path, ""); response.StatusCode != http.StatusOK || len(data) > 0 {
			t.Errorf("HEAD: %d with %d bytes", response.StatusCode, len(data))
		}
	})
}

// TestPicturesOfABatchComeAsAnArchive has more jobs than are read at a time, of which one fails, and names that no system takes.
func TestPicturesOfABatchComeAsAnArchive(t *testing.T) {
	inHouse(t, func(h *harness) {
		var rows []string
		for n := range 103 {
			rows = append(rows, fmt.Sprintf(`{"prompt":"a fox","custom_id":"../\\ fox: %d"}`, n))
		}
		_, b := want[api.Batch](h, http.StatusAccepted, "POST", "/batches", `{"jobs":[`+strings.Join(rows, ",")+`]}`)
		h.studio.do = func() error {
			if h.studio.calls.Load() == 7 {
				return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Message: "no"}
			}
			return nil
		}
		for range len(rows) {
			h.work()
		}
		_, data := h.call("GET", "/images.zip?batch_id="+b.ID, "")
		pictures, lines := unzip(t, data)
		holds(t, pictures, lines)
		failed := slices.IndexFunc(lines, func(l api.ManifestLine) bool { return l.Error != nil && l.Error.Code == job.CodeFiltered })
		if len(pictures) != 102 || len(lines) != 103 || failed < 0 || lines[failed].File != "" {
			t.Fatalf("%d pictures, %d lines, the failed one is %d", len(pictures), len(lines), failed)
		}
		if last := lines[102]; last.Position != 102 || !strings.HasPrefix(last.File, "00102-fox-102-") || last.CustomID != `../\ fox: 102` {
			t.Errorf("got %+v", last)
		}
	})
}

func TestAnArchiveHoldsTheCallersOwn(t *testing.T) {
	inHouse(t, func(h *harness) {
		id, batch := h.made("secret").ID, h.batch("a secret fox").ID
		for _, query := range []string{"id=" + id, "batch_id=" + batch, "id=7"} {
			want[api.Problem](h, http.StatusNotFound, "GET", "/images.zip?"+query, "", "Authorization", "Bearer "+bobKey)
		}
		identify := h.server.Identify
		h.server.Identify = func(r *http.Request) (job.Caller, error) {
			c, err := identify(r)
			c.Operator = true
			return c, err
		}
		h.open()
		_, data := h.call("GET", "/images.zip?batch_id="+batch, "", "Authorization", "Bearer "+bobKey)
		if _, lines := unzip(t, data); len(lines) != 1 {
			t.Errorf("an operator sees %d jobs of the batch", len(lines))
		}
	})
}

func TestAnArchiveOfNothingIsRefused(t *testing.T) {
	inHouse(t, func(h *harness) {
		id := h.made("1").ID
		for _, query := range []string{"", "?id=", "?batch_id=b&id=" + id, "?" + strings.Repeat("id="+id+"&", 101), "?ids=" + id} {
			want[api.Problem](h, http.StatusUnprocessableEntity, "GET", "/images.zip"+query, "")
		}
	})
}

// faulty are pictures of which one is gone, or cannot be read.
type faulty struct {
	api.Pictures
	err error
}

func (f faulty) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	if f.err != nil {
		return nil, f.err
	}
	return f.Pictures.Open(ctx, key)
}

// slow are pictures that are read when they may be.
type slow struct {
	api.Pictures
	asked, may chan struct{}
}

func (s slow) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	s.asked <- struct{}{}
	<-s.may
	return s.Pictures.Open(ctx, key)
}

func TestArchivesOfAnOwnerAreBounded(t *testing.T) {
	inHouse(t, func(h *harness) {
		_, theirs := want[api.Job](h, http.StatusAccepted, "POST", "/jobs", `{"prompt": "a hare"}`, "Authorization", "Bearer "+bobKey)
		h.work()
		path := "/images.zip?id=" + h.made("1").ID
		pictures := slow{h.store, make(chan struct{}), make(chan struct{})}
		h.besides.Pictures = pictures
		h.open()
		var wg sync.WaitGroup
		begin := func(path, key string) {
			wg.Go(func() {
				if response, _ := h.call("GET", path, "", "Authorization", "Bearer "+key); response.StatusCode != http.StatusOK {
					t.Errorf("%s: got %d", path, response.StatusCode)
				}
			})
			<-pictures.asked
		}
		for range 4 {
			begin(path, annKey)
		}
		response, p := want[api.Problem](h, http.StatusTooManyRequests, "GET", path, "")
		if p.Code != "too_many_archives" || response.Header.Get("Retry-After") != "10" {
			t.Errorf("the fifth: %+v, %v", p, response.Header)
		}
		begin("/images.zip?id="+theirs.ID, bobKey)
		close(pictures.may)
		wg.Wait()
		begin(path, annKey)
		wg.Wait()
	})
}

func TestAPictureThatIsGoneHasALineAlone(t *testing.T) {
	inHouse(t, func(h *harness) {
		id := h.made("1").ID
		h.besides.Pictures = faulty{h.store, job.ErrNotFound}
		h.open()
		_, data := h.call("GET", "/images.zip?id="+id, "")
		if pictures, lines := unzip(t, data); len(pictures) != 0 || len(lines) != 1 || lines[0].File != "" || lines[0].JobID != id {
			t.Errorf("got %+v", lines)
		}
	})
}

func TestAnArchiveThatIsNotWholeBreaksOff(t *testing.T) {
	inHouse(t, func(h *harness) {
		id := h.made("1").ID
		h.besides.Pictures = faulty{h.store, errors.New("the disk is broken")}
		h.open()
		defer func() {
			if cause := recover(); cause != any(http.ErrAbortHandler) {
				t.Errorf("the answer ended with %v", cause)
			}
			if !strings.Contains(h.log.String(), "the disk is broken") {
				t.Errorf("the log says %s", h.log)
			}
		}()
		h.call("GET", "/images.zip?id="+id, "")
		t.Error("the answer ended well")
	})
}

func TestNamesOfFilesAreSafe(t *testing.T) {
	for words, want := range map[string]string{
		"a red fox": "a-red-fox", "../../etc/passwd": "etc-passwd", "CON": "CON", "语言": "", "": "",
		strings.Repeat("very ", 20): "very-very-very-very-very-very-very-very", strings.Repeat("x", 50): "", "a\x00b\n": "a-b",
	} {
		if diff := cmp.Diff(want, api.Slug(words)); diff != "" {
			t.Errorf("%q: %s", words, diff)
		}
	}
}

package job_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"easel/shared/disk"
	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/pace"
	"easel/shared/read"
	"easel/shared/request"
	"easel/shared/sqlite"
	"easel/shared/worker"
)

// pad is the core on the embedded adapters, opened once for all inputs of a target: a harness for each would leave no
// time for the inputs.
type pad struct {
	job.Submitter
	reader *read.Reader
	worker *worker.Worker
	studio *studio
	images string // the folder of the pictures
}

func openPad(f *testing.F) *pad {
	f.Helper()
	dir := f.TempDir()
	db, err := sqlite.Open(f.Context(), filepath.Join(dir, "easel.db"), sqlite.Options{Unsafe: true})
	if err != nil {
		f.Fatal(err)
	}
	store, err := disk.NewStore(filepath.Join(dir, "images"), make([]byte, 32))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _, _ = db.Close(), store.Close() })
	store.SetBase("http://127.0.0.1:8080")
	p := &pad{studio: &studio{}, images: filepath.Join(dir, "images")}
	recorder := job.Recorder{Records: db, Batches: db}
	limiter := &pace.Limiter{Limits: every(0)}
	dispatcher := &job.Dispatcher{Queue: db.Queue(sqlite.QueueOptions{}), Toucher: db}
	p.Submitter = job.Submitter{Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Images: store, Inputs: store, Creator: db, Eraser: db, Finder: db, Index: db, Timers: db, Standings: db, Days: db, Backlog: db, BatchEraser: db}
	p.worker = &worker.Worker{Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Images: store, Inputs: store, Generator: p.studio, Pacer: db, Days: db}
	p.reader = &read.Reader{Records: db, Index: db, Links: store, Secret: []byte("secret"), BatchRecords: db, BatchIndex: db, Days: db}
	return p
}

// Whatever a prompt holds, it is refused as invalid or it is recorded, shown and made a picture of as it is; and the
// settings that are written into a picture leave every pixel where it was.
func FuzzPrompt(f *testing.F) {
	p := openPad(f)
	core, _ := model.Find("core")
	f.Fuzz(func(t *testing.T, prompt, negative string, drawn []byte) {
		r := request.Request{Settings: request.Settings{Prompt: prompt, NegativePrompt: negative}}
		receipt, err := p.Submit(t.Context(), ann, r, "")
		if good := fits(prompt, core) && request.Visible(prompt) && fits(negative, core); good != (err == nil) {
			t.Fatalf("%v, but that it is acceptable is %t", err, good)
		}
		if err != nil {
			want(t, err, job.ErrInvalid, job.CodeInvalid)
			return
		}
		shown := p.make(t, receipt.Job, drawn)
		if shown.Input.Prompt != prompt || shown.Input.NegativePrompt != negative || shown.Sent.Prompt != prompt {
			t.Error("the job does not show what was ordered")
		}
		if err := p.Delete(t.Context(), ann, shown.ID); err != nil {
			t.Error(err)
		}
	})
}

func fits(s string, m model.Model) bool {
	controls := strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0 && r != 0x85
	})
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= m.MaxPrompt && !controls
}

// make lets a worker make the job's picture, which must be the drawn one with the settings in it.
func (p *pad) make(t *testing.T, j job.Job, drawn []byte) job.Job {
	t.Helper()
	p.studio.image = drawn
	if !small(drawn) {
		p.studio.image = pixel(1, 1)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	p.worker.Do(ctx, job.Message{V: job.RecordVersion, ID: j.ID, MessageNo: j.MessageNo})
	shown, err := p.reader.Get(ctx, ann, j.ID)
	if err != nil || len(shown.Job.Images) != 1 {
		t.Fatalf("%v, the job is %s: %+v, %+v", err, shown.Job.Status, shown.Job.Failure, shown.Job.Waiting)
	}
	stored, err := os.ReadFile(filepath.Join(p.images, filepath.FromSlash(shown.Job.Images[0].Key)))
	if err != nil {
		t.Fatal(err)
	}
	was, _ := png.Decode(bytes.NewReader(p.studio.image))
	if is, err := png.Decode(bytes.NewReader(stored)); err != nil || !reflect.DeepEqual(was, is) {
		t.Errorf("the picture is another since the settings were written into it: %v", err)
	}
	if s, err := job.ReadSettings(bytes.NewReader(stored)); !leftAlone(p.studio.image) && (err != nil || s.Prompt != j.Sent.Prompt) {
		t.Errorf("the picture says that its prompt is %q, %v", s.Prompt, err)
	}
	return shown.Job
}

// small reports whether the bytes are a PNG that takes little memory.
func small(data []byte) bool {
	h, err := model.Sniff(data)
	if err != nil || h.Format != "png" || h.Width*h.Height > 1<<16 {
		return false
	}
	_, err = png.Decode(bytes.NewReader(data))
	return err == nil
}

// leftAlone reports whether a PNG may be one that settings are not written into: signed, animated, or with some already.
func leftAlone(data []byte) bool {
	return slices.ContainsFunc([]string{"caBX", "dcterms:provenance", "acTL", "easel\x00"}, func(mark string) bool { return bytes.Contains(data, []byte(mark)) })
}

// No cursor but those that the list gave out for the same filter leads anywhere.
func FuzzCursor(f *testing.F) {
	p := openPad(f)
	p.Now = func() time.Time { return time.Date(2031, 2, 3, 4, 5, 6, 789000, time.UTC) } // the seeds hold real cursors
	for _, key := range []string{"one", "two", "three"} {
		if _, err := p.Submit(f.Context(), ann, fox, key); err != nil {
			f.Fatal(err)
		}
	}
	given := map[[4]string]bool{}
	for _, filter := range [][3]string{{}, {"queued", "", "CORE"}} {
		page, err := p.reader.List(f.Context(), ann, filterOf(filter, ""))
		for ; err == nil && page.Next != ""; page, err = p.reader.List(f.Context(), ann, filterOf(filter, page.Next)) {
			given[[4]string{decoded(page.Next), filter[0], filter[1], filter[2]}] = true
			for _, other := range [][3]string{filter, {"failed", filter[1], filter[2]}, {filter[0], "batch", filter[2]}, {filter[0], filter[1], "ultra"}} {
				f.Add(page.Next, other[0], other[1], other[2])
			}
		}
		if err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, cursor, status, batch, name string) {
		page, err := p.reader.List(t.Context(), ann, filterOf([3]string{status, batch, name}, cursor))
		if _, known := model.Find(name); name != "" && !known {
			want(t, err, job.ErrInvalid, "unknown_model")
			return
		}
		genuine := cursor == "" || given[[4]string{decoded(cursor), status, batch, name}]
		if genuine && err != nil {
			t.Errorf("a cursor that was given out is refused: %v", err)
		}
		if !genuine {
			want(t, err, job.ErrInvalid, "invalid_cursor")
		}
		if err != nil && len(page.Jobs) > 0 {
			t.Errorf("%d jobs came with %v", len(page.Jobs), err)
		}
	})
}

func filterOf(f [3]string, cursor string) read.Filter {
	filter := read.Filter{BatchID: f[1], Model: f[2], Limit: 1, Cursor: cursor}
	if f[0] != "" {
		filter.Statuses = []job.Status{job.Status(f[0])}
	}
	return filter
}

// decoded is what a cursor says: several texts say the same bytes, and the bytes are what is signed.
func decoded(cursor string) string {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "no cursor"
	}
	return string(b)
}

// A message is poison, or it names a job and says the same when it is written and read again.
func FuzzParseMessage(f *testing.F) {
	f.Fuzz(func(t *testing.T, body string) {
		m, err := job.ParseMessage(body)
		if err != nil {
			if !errors.Is(err, job.ErrInvalid) || m != (job.Message{}) {
				t.Errorf("got %+v, %v", m, err)
			}
			return
		}
		if m.ID == "" || m.V > job.RecordVersion {
			t.Errorf("%+v passed", m)
		}
		if again, err := job.ParseMessage(m.Encode()); err != nil || again != m {
			t.Errorf("%+v became %+v, %v", m, again, err)
		}
	})
}

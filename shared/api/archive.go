package api

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"strings"
	"time"
	"unicode"

	"easel/shared/job"
	"easel/shared/read"
)

// manifestFile is the last file of an archive.
const manifestFile = "manifest.jsonl"

// ManifestLine is what manifest.jsonl of an archive says of a job. One without a picture has a line too, without File.
type ManifestLine struct {
	File        string            `json:"file,omitempty"` // within the archive
	SHA256      string            `json:"sha256,omitempty"`
	ContentType string            `json:"content_type,omitempty"`
	Width       int               `json:"width,omitempty"`
	Height      int               `json:"height,omitempty"`
	JobID       string            `json:"job_id"`
	BatchID     string            `json:"batch_id,omitempty"`
	CustomID    string            `json:"custom_id,omitempty"`
	Position    int64             `json:"position"`
	Status      string            `json:"status"`
	Error       *JobError         `json:"error,omitempty"`
	Model       string            `json:"model"`
	Input       Input             `json:"input"`
	Sent        Sent              `json:"sent"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	Starred     bool              `json:"starred"`
	Simulated   bool              `json:"simulated"`
	CreatedAt   time.Time         `json:"created_at"`
	CompletedAt *time.Time        `json:"completed_at"`
}

// archive is a zip on its way to a client. Pictures go through it in pieces; of the manifest it holds what is left after
// compression, some megabytes for 100,000 jobs.
type archive struct {
	zip      *zip.Writer
	pictures Pictures

	manifest   bytes.Buffer // compressed
	compressor *flate.Writer
	sum        uint32
	size       uint64    // before compression
	newest     time.Time // of the jobs' times, and not before the first that a zip can tell; the manifest has it
}

func newArchive(to io.Writer, pictures Pictures) *archive {
	a := &archive{zip: zip.NewWriter(to), pictures: pictures, newest: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	a.compressor, _ = flate.NewWriter(&a.manifest, flate.DefaultCompression) // the level is one that there is
	return a
}

// add adds the newest picture of a job, and its line. A picture that was deleted meanwhile is one that the job has not.
func (a *archive) add(ctx context.Context, j job.Job) error {
	line, at := manifestLine(j), *cmp.Or(j.CompletedAt, &j.CreatedAt) // a job that was started again has not ended, but has its picture
	if a.newest.Before(at) {
		a.newest = at
	}
	if n := len(j.Images); n > 0 {
		img := j.Images[n-1]
		name := fileName(j, img.Key)
		switch err := a.image(ctx, name, img.Key, at); {
		case err == nil:
			line.File, line.SHA256, line.ContentType, line.Width, line.Height = name, img.SHA256, img.ContentType, img.Width, img.Height
		case !errors.Is(err, job.ErrNotFound):
			return err
		}
	}
	b, err := encode(line)
	if err != nil {
		return err
	}
	a.sum, a.size = crc32.Update(a.sum, crc32.IEEETable, b), a.size+uint64(len(b))
	_, err = a.compressor.Write(b)
	return err
}

// image copies a stored image. It is read twice, so that its sum and size come before it: some programs read no archive
// without.
func (a *archive) image(ctx context.Context, name, key string, at time.Time) error {
	file, err := a.pictures.Open(ctx, key)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := crc32.NewIEEE()
	size, err := io.Copy(sum, file)
	if err != nil {
		return fmt.Errorf("read %s: %w", key, err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read %s: %w", key, err)
	}
	w, err := a.create(&zip.FileHeader{Name: name, Method: zip.Store, CRC32: sum.Sum32(), UncompressedSize64: uint64(size), CompressedSize64: uint64(size)}, at)
	if err != nil {
		return err
	}
	_, err = io.CopyN(w, file, size)
	return err
}

// create begins a file of which sum and sizes are known. Its time is UTC, to two seconds.
func (a *archive) create(h *zip.FileHeader, at time.Time) (io.Writer, error) {
	h.SetModTime(at.UTC()) //nolint:staticcheck // CreateRaw writes the fields that this sets, and not Modified
	return a.zip.CreateRaw(h)
}

// close adds the manifest and ends the archive.
func (a *archive) close() error {
	if err := a.compressor.Close(); err != nil {
		return err
	}
	w, err := a.create(&zip.FileHeader{
		Name: manifestFile, Method: zip.Deflate, CRC32: a.sum, UncompressedSize64: a.size, CompressedSize64: uint64(a.manifest.Len()),
	}, a.newest)
	if err != nil {
		return err
	}
	if _, err := a.manifest.WriteTo(w); err != nil {
		return err
	}
	return a.zip.Close()
}

func manifestLine(j job.Job) ManifestLine {
	all := show(read.Shown{Job: j}, "")
	return ManifestLine{
		JobID: j.ID, BatchID: j.BatchID, CustomID: j.CustomID, Position: j.Position, Status: all.Status, Error: all.Error, Model: j.Model,
		Input: all.Input, Sent: all.Sent, Metadata: j.Metadata, Starred: j.Starred, Simulated: j.Simulated,
		CreatedAt: all.CreatedAt, CompletedAt: all.CompletedAt,
	}
}

// fileName is where a job's picture lies in an archive: in the order of the file for a batch, by words that a person knows,
// and with the end of the ID, so that no two are the same.
func fileName(j job.Job, key string) string {
	var parts []string
	if j.BatchID != "" {
		parts = append(parts, fmt.Sprintf("%05d", j.Position))
	}
	if words := slug(cmp.Or(j.CustomID, j.Input.Prompt)); words != "" {
		parts = append(parts, words)
	}
	parts = append(parts, j.ID[max(0, len(j.ID)-12):])
	return strings.Join(parts, "-") + path.Ext(key)
}

// slug makes a name of words that every system takes.
func slug(words string) string {
	const maxSlug = 40
	plain := func(r rune) bool { return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
	var b strings.Builder
	for _, word := range strings.FieldsFunc(words, func(r rune) bool { return !plain(r) }) {
		if b.Len()+len(word) >= maxSlug {
			break
		}
		if b.Len() > 0 {
			b.WriteByte('-')
		}
		b.WriteString(word)
	}
	return b.String()
}

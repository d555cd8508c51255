package disk

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/job"
)

// painted is a PNG of some pixels.
func painted(w, h int) string {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)))
	return b.String()
}

// smaller returns the address of a thumbnail.
func smaller(t *testing.T, s *Store, key string) string {
	t.Helper()
	address, _, err := s.Thumbnails().URL(t.Context(), key, "image/png", 0)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func TestAThumbnailIsMadeWhenItIsAskedFor(t *testing.T) {
	s, _ := serveStore(t)
	put(t, s, sample, painted(1024, 600), job.ImageInfo{ContentType: "image/png", SHA256: "abc"})
	file := filepath.Join(s.tree.path, sample+small)
	if _, err := os.Stat(file); err == nil {
		t.Error("it was there before")
	}
	for range 2 {
		resp := ask(t, s, http.MethodGet, smaller(t, s, sample), nil)
		img, err := jpeg.Decode(resp.Body)
		if err != nil || img.Bounds().Dx() != 512 || img.Bounds().Dy() != 300 {
			t.Fatalf("status %d, %v", resp.Code, err)
		}
		got := headers(resp, "Content-Type", "Cache-Control", "Etag", "X-Content-Type-Options")
		if got[0] != "image/jpeg" || got[1] != "private, max-age=300" || got[2] != `"abc.small.jpg"` || got[3] != "nosniff" {
			t.Errorf("headers %q", got)
		}
	}
	again := ask(t, s, http.MethodGet, smaller(t, s, sample), http.Header{"If-None-Match": {`"abc.small.jpg"`}})
	if again.Code != http.StatusNotModified {
		t.Errorf("the same again: %d", again.Code)
	}
	if err := os.WriteFile(file, []byte("the stored one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if resp := ask(t, s, http.MethodGet, smaller(t, s, sample), nil); resp.Body.String() != "the stored one" {
		t.Error("it was made a second time")
	}
}

func TestAThumbnailGoesWithItsPicture(t *testing.T) {
	s, _ := serveStore(t)
	put(t, s, sample, painted(1024, 1024), job.ImageInfo{ContentType: "image/png"})
	address := smaller(t, s, sample)
	ask(t, s, http.MethodGet, address, nil)
	if err := s.Delete(t.Context(), []string{sample}); err != nil {
		t.Fatal(err)
	}
	if resp := ask(t, s, http.MethodGet, address, nil); resp.Code != http.StatusNotFound {
		t.Errorf("status %d", resp.Code)
	}
	if left, err := os.ReadDir(filepath.Join(s.tree.path, "images")); err == nil {
		t.Errorf("left behind: %v", left)
	}
	if err := (thumbnails{s}).keep(sample, []byte("made while the picture was deleted")); !errors.Is(err, job.ErrNotFound) || s.has(sample+small) {
		t.Errorf("stored without a picture: %v", err)
	}
}

func TestAPictureThatCannotBeMadeSmallerIsShownItself(t *testing.T) {
	s, _ := serveStore(t)
	reports := 0
	s.Report = func(context.Context, error) { reports++ }
	for name, data := range map[string]string{"small": painted(64, 64), "no picture": "0123456789"} {
		put(t, s, sample, data, job.ImageInfo{ContentType: "image/png", SHA256: "abc"})
		resp := ask(t, s, http.MethodGet, smaller(t, s, sample), nil)
		if got := headers(resp, "Content-Type", "Etag"); resp.Body.String() != data || got[0] != "image/png" || got[1] != `"abc"` {
			t.Errorf("%s: status %d, headers %q", name, resp.Code, got)
		}
		if err := s.Delete(t.Context(), []string{sample}); err != nil {
			t.Fatal(err)
		}
	}
	if reports != 1 {
		t.Errorf("%d reports, want one of what is no picture", reports)
	}
}

func TestAnAddressOfAThumbnailOpensNothingElse(t *testing.T) {
	s, _ := serveStore(t)
	put(t, s, sample, painted(1024, 1024), job.ImageInfo{ContentType: "image/png"})
	picture, thumb := address(t, s, sample), smaller(t, s, sample)
	for _, wrong := range []string{
		strings.Replace(picture, sample, sample+small, 1), strings.Replace(thumb, sample+small, sample, 1), strings.Replace(thumb, small, small+small, 1),
	} {
		if resp := ask(t, s, http.MethodGet, wrong, nil); resp.Code != http.StatusForbidden {
			t.Errorf("%s: status %d", wrong, resp.Code)
		}
	}
	if err := s.Put(t.Context(), sample+small, nil, job.ImageInfo{}); !errors.Is(err, job.ErrInvalid) {
		t.Errorf("a picture was stored under the name of a thumbnail: %v", err)
	}
}

// TestThumbnailsAreMadeTwoAtATime has as many under way as there may be.
func TestThumbnailsAreMadeTwoAtATime(t *testing.T) {
	s := newStore(t, t.TempDir())
	put(t, s, sample, painted(1024, 1024), job.ImageInfo{ContentType: "image/png"})
	synctest.Test(t, func(t *testing.T) {
		s.shrinking = make(chan struct{}, shrinkers)
		for range shrinkers {
			s.shrinking <- struct{}{}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := (thumbnails{s}).shrink(ctx, sample); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a third was begun: %v", err)
		}
		var wg sync.WaitGroup
		for range 3 * shrinkers {
			wg.Go(func() {
				if err := (thumbnails{s}).shrink(t.Context(), sample); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		for range shrinkers {
			<-s.shrinking
		}
		wg.Wait()
	})
	if !s.has(sample + small) {
		t.Error("none was made")
	}
}

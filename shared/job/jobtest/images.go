package jobtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"easel/shared/job"
)

// ImagesHarness is a store of images as [Images] tests it.
type ImagesHarness struct {
	Images job.Images
	// Read returns the stored bytes, by whatever way the service has beside the port.
	Read func(key string) ([]byte, error)
}

// Images holds a store of images against the contract of [job.Images]. It calls open for every case and may get the
// same store each time: it draws keys that no other case has.
var Images = Suite[ImagesHarness]{
	"a picture comes back with all that is known of it": imageRoundTrip,
	"what is large comes back whole":                    imageLarge,
	"a taken key keeps its first picture":               imageTaken,
	"of sixteen racing puts one wins":                   imageRace,
	"an unknown key is not found":                       imageUnknown,
	"a deleted picture is gone and its key is free":     imageDeleted,
	"deleting what is not there is no error":            imageDeleteMissing,
	"many keys lie side by side":                        imageMany,
	"a canceled context is honoured":                    imageCanceled,
}

func imageRoundTrip(t *testing.T, h ImagesHarness) {
	for name, info := range map[string]job.ImageInfo{
		"usual":   {ContentType: "image/png", Width: 1024, Height: 768, Seed: 4294967294, Model: "stability.stable-image-core-v1:1"},
		"unusual": {ContentType: "image/webp", Width: 1, Height: 4096, Seed: 0, Model: "m"},
	} {
		key, data := imageKey(), []byte("picture "+name)
		putImage(t, h, key, data, info)
		holdsImage(t, h, key, data, info)
	}
}

func imageLarge(t *testing.T, h ImagesHarness) {
	key, data := imageKey(), make([]byte, 6<<20)
	rand.Read(data)
	putImage(t, h, key, data, job.ImageInfo{ContentType: "image/png"})
	holdsImage(t, h, key, data, job.ImageInfo{ContentType: "image/png"})
}

func imageTaken(t *testing.T, h ImagesHarness) {
	key, first, second := imageKey(), []byte("the first"), []byte("the second, which is longer")
	info := job.ImageInfo{ContentType: "image/png", Seed: 1}
	putImage(t, h, key, first, info)
	for _, data := range [][]byte{second, first} {
		err := h.Images.Put(t.Context(), key, data, measured(data, job.ImageInfo{ContentType: "image/jpeg", Seed: 2}))
		if !errors.Is(err, job.ErrExists) {
			t.Fatalf("putting a taken key: %v, want ErrExists", err)
		}
		holdsImage(t, h, key, first, info)
	}
}

func imageRace(t *testing.T, h ImagesHarness) {
	const writers = 16
	key, pictures := imageKey(), make([][]byte, writers)
	for n := range pictures {
		pictures[n] = bytes.Repeat([]byte{byte(n)}, 10_000+n)
	}
	won := winner(t, writers, job.ErrExists, func(n int) error {
		return h.Images.Put(t.Context(), key, pictures[n], measured(pictures[n], job.ImageInfo{Seed: int64(n)}))
	})
	holdsImage(t, h, key, pictures[won], job.ImageInfo{Seed: int64(won)})
}

func imageUnknown(t *testing.T, h ImagesHarness) { lacksImage(t, h, imageKey()) }

func imageDeleted(t *testing.T, h ImagesHarness) {
	gone, stays := imageKey(), imageKey()
	putImage(t, h, gone, []byte("gone"), job.ImageInfo{Seed: 1})
	putImage(t, h, stays, []byte("stays"), job.ImageInfo{Seed: 2})
	deleteImages(t, h, gone)
	lacksImage(t, h, gone)
	holdsImage(t, h, stays, []byte("stays"), job.ImageInfo{Seed: 2})
	putImage(t, h, gone, []byte("anew"), job.ImageInfo{Seed: 3})
	holdsImage(t, h, gone, []byte("anew"), job.ImageInfo{Seed: 3})
}

func imageDeleteMissing(t *testing.T, h ImagesHarness) {
	deleteImages(t, h)
	there := imageKey()
	putImage(t, h, there, []byte("there"), job.ImageInfo{})
	deleteImages(t, h, imageKey(), there, there, imageKey())
	lacksImage(t, h, there)
	deleteImages(t, h, there)
}

// imageMany deletes more keys than services take in one call (S3: 1,000).
func imageMany(t *testing.T, h ImagesHarness) {
	const n = 30
	dir := "images/" + unique() + "/" + unique() + "/"
	var all []string
	for i := range 1100 {
		all = append(all, fmt.Sprintf("%s%d-1763836313123.png", dir, i))
	}
	for i := range n {
		putImage(t, h, all[i], fmt.Append(nil, "picture ", i), job.ImageInfo{Seed: int64(i)})
	}
	for i := range n {
		holdsImage(t, h, all[i], fmt.Append(nil, "picture ", i), job.ImageInfo{Seed: int64(i)})
	}
	deleteImages(t, h, all[1:]...)
	for i := 1; i < n; i++ {
		lacksImage(t, h, all[i])
	}
	holdsImage(t, h, all[0], []byte("picture 0"), job.ImageInfo{})
}

func imageCanceled(t *testing.T, h ImagesHarness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	key := imageKey()
	if err := h.Images.Put(ctx, key, []byte("data"), measured([]byte("data"), job.ImageInfo{})); err == nil {
		t.Error("Put succeeded")
	}
	if _, err := h.Images.Stat(ctx, key); err == nil || errors.Is(err, job.ErrNotFound) {
		t.Errorf("Stat: %v, want an error that does not speak of the picture", err)
	}
	if err := h.Images.Delete(ctx, []string{key}); err == nil {
		t.Error("Delete succeeded")
	}
}

func putImage(t *testing.T, h ImagesHarness, key string, data []byte, info job.ImageInfo) {
	t.Helper()
	succeeds(t, "Put "+key, h.Images.Put(t.Context(), key, data, measured(data, info)))
}

// holdsImage checks that the bytes are stored under the key, and that Stat speaks of them.
func holdsImage(t *testing.T, h ImagesHarness, key string, data []byte, info job.ImageInfo) {
	t.Helper()
	got, err := h.Images.Stat(t.Context(), key)
	succeeds(t, "Stat "+key, err)
	same(t, "Stat "+key, measured(data, info), got)
	stored, err := h.Read(key)
	succeeds(t, "read "+key, err)
	if !bytes.Equal(stored, data) {
		t.Errorf("%s holds %d bytes that are not the %d put", key, len(stored), len(data))
	}
}

func lacksImage(t *testing.T, h ImagesHarness, key string) {
	t.Helper()
	if info, err := h.Images.Stat(t.Context(), key); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("Stat %s: %+v, %v, want ErrNotFound", key, info, err)
	}
}

func deleteImages(t *testing.T, h ImagesHarness, keys ...string) {
	t.Helper()
	succeeds(t, fmt.Sprintf("Delete of %d keys", len(keys)), h.Images.Delete(t.Context(), keys))
}

// measured fills in what follows from the bytes, and what every picture has.
func measured(data []byte, info job.ImageInfo) job.ImageInfo {
	sum := sha256.Sum256(data)
	info.SHA256, info.SizeBytes = hex.EncodeToString(sum[:]), int64(len(data))
	if info.ContentType == "" {
		info.ContentType = "image/png"
	}
	if info.Model == "" {
		info.Model, info.Width, info.Height = "stability.sd3-5-large-v1:0", 640, 1536
	}
	return info
}

func unique() string {
	id := make([]byte, 16)
	rand.Read(id)
	return hex.EncodeToString(id)
}

func imageKey() string { return "images/single/" + unique() + "/1-1763836313123.png" }

package disk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"easel/shared/job"
	"easel/shared/thumbnail"
)

// shrinkers is how many thumbnails are made at a time: each needs a processor, and the picture decoded in memory.
const shrinkers = 2

// Thumbnails makes addresses of the thumbnails of pictures: JPEGs whose longest edge has 512 pixels. One is made when its
// address is first asked for, stored beside its picture and deleted with it.
func (s *Store) Thumbnails() job.Links { return thumbnails{s} }

type thumbnails struct{ *Store }

// URL is [Store.URL] for the thumbnail of the picture that has the key.
func (t thumbnails) URL(ctx context.Context, key, _ string, d time.Duration) (string, time.Time, error) {
	if err := ready(ctx, key); err != nil {
		return "", time.Time{}, err
	}
	return t.address(key+small, "image/jpeg", d)
}

// thumbnail returns what to send where a thumbnail is wanted: the picture itself if it is small, or cannot be made smaller.
func (t thumbnails) thumbnail(r *http.Request, picture string, l link) link {
	err := t.shrink(r.Context(), picture)
	if err == nil {
		return l
	}
	if !errors.Is(err, thumbnail.ErrNeedless) && !errors.Is(err, job.ErrNotFound) && r.Context().Err() == nil {
		t.report(r, err)
	}
	l.key, l.contentType = picture, ""
	return l
}

// shrink makes the thumbnail of a picture if there is none. Those who wait for their turn look again: another may have made
// it.
func (t thumbnails) shrink(ctx context.Context, picture string) error {
	if t.has(picture + small) {
		return nil
	}
	select {
	case t.shrinking <- struct{}{}:
		defer func() { <-t.shrinking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if t.has(picture + small) {
		return nil
	}
	data, err := t.GetInput(ctx, picture)
	if err != nil {
		return err
	}
	jpeg, err := thumbnail.Make(data)
	if err != nil {
		return fmt.Errorf("thumbnail of %s: %w", picture, err)
	}
	return t.keep(picture, jpeg)
}

func (s *Store) has(name string) bool {
	_, err := s.tree.look(name)
	return err == nil
}

// keep stores a thumbnail unless its picture was deleted meanwhile.
func (t thumbnails) keep(picture string, jpeg []byte) error {
	temps, err := t.tree.stage(jpeg)
	if err != nil {
		return err
	}
	defer t.tree.discard(temps...)
	defer t.keys.lock(picture)()
	t.mu.RLock()
	defer t.mu.RUnlock()
	if !t.has(picture) {
		return job.ErrNotFound
	}
	return t.tree.place(staged{temps[0], picture + small}) // a crash may take it away: it is made again
}

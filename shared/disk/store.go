package disk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	"easel/shared/job"
)

// Store keeps pictures and input images in a folder and makes addresses for them: [job.Images], [job.Inputs] and
// [job.Links]. Its fields may be set until it is used.
type Store struct {
	links

	// Report is told why [Store.Handler] answered 500, since the answer does not say; nil means the reason is dropped.
	Report func(context.Context, error)

	tree      *tree
	shrinking chan struct{} // holds a token for each thumbnail that is being made

	// mu is held for writing while files lose their names, so that no directory is pruned under a file on its way in, and for
	// reading while they get them. The lock of a key is held besides until its file is durable, so that a key is given once, a
	// picture and what is known of it belong together, and no record names a picture that a crash may take away.
	mu   sync.RWMutex
	keys keyLocks
}

// NewStore opens a store in the folder root, creating it if need be, and removes what an earlier process left
// half-written there. The key, at least 32 bytes, signs addresses. No other store may be open in the folder: a
// [Folder] sees to that.
func NewStore(root string, key []byte) (*Store, error) {
	if len(key) < keyBytes {
		return nil, fmt.Errorf("the key that signs addresses has %d bytes, at least %d are needed", len(key), keyBytes)
	}
	t, err := openTree(root)
	if err != nil {
		return nil, err
	}
	return &Store{tree: t, links: links{Now: time.Now, key: key}, shrinking: make(chan struct{}, shrinkers)}, nil
}

// Close lets go of the folder. The store cannot be used afterwards.
func (s *Store) Close() error { return s.tree.close() }

// Put stores a picture durably. It returns [job.ErrExists] if the key is taken and [job.ErrInvalid] for a key that
// cannot be a file name.
func (s *Store) Put(ctx context.Context, key string, data []byte, info job.ImageInfo) error {
	if err := ready(ctx, key); err != nil {
		return err
	}
	about, _ := json.Marshal(info) // texts and numbers cannot fail
	temps, err := s.tree.stage(about, data)
	if err != nil {
		return s.tree.fail("store picture", key, err)
	}
	defer s.tree.discard(temps...)
	return s.commit(key, temps[1], temps[0])
}

// commit gives the sidecar its name first: the picture's presence is what counts, and it must not be there without one. If
// that fails the key is free again: a picture that may not be durable must not be found when the call is repeated.
func (s *Store) commit(key, picture, known string) error {
	defer s.keys.lock(key)()
	if _, err := s.tree.look(key); err == nil {
		return fmt.Errorf("picture %s: %w", key, job.ErrExists)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return s.tree.fail("look for picture", key, err)
	}
	err := s.place(staged{known, key + sidecar}, staged{picture, key})
	if err != nil {
		err = errors.Join(err, s.remove(path.Dir(key), path.Base(key)))
	}
	return s.tree.fail("store picture", key, err)
}

// place gives staged files their names, durably.
func (s *Store) place(files ...staged) error {
	s.mu.RLock()
	err := s.tree.place(files...)
	s.mu.RUnlock()
	if err == nil {
		err = s.tree.settle()
	}
	return err
}

// Stat returns what is known of a stored picture, or [job.ErrNotFound].
func (s *Store) Stat(ctx context.Context, key string) (job.ImageInfo, error) {
	if err := ready(ctx, key); err != nil {
		return job.ImageInfo{}, err
	}
	defer s.keys.lock(key)()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, err := s.tree.look(key); err != nil {
		return job.ImageInfo{}, s.missing("look for picture", key, err)
	}
	return s.about(key)
}

// about reads a picture's sidecar.
func (s *Store) about(key string) (info job.ImageInfo, err error) {
	data, err := s.tree.root.ReadFile(key + sidecar)
	if err == nil {
		err = json.Unmarshal(data, &info)
	}
	if err != nil {
		return job.ImageInfo{}, s.tree.fail("read what is known of picture", key+sidecar, err)
	}
	return info, nil
}

// missing turns the absence of a file into the word that the ports have for it.
func (s *Store) missing(what, key string, err error) error {
	if absent(err) {
		return fmt.Errorf("%s: %w", key, job.ErrNotFound)
	}
	return s.tree.fail(what, key, err)
}

// Delete removes pictures, their thumbnails, what is known of them, and the directories that this empties. It returns
// [job.ErrInvalid], and removes nothing, if one of the keys cannot be a file name.
func (s *Store) Delete(ctx context.Context, keys []string) error {
	for _, key := range keys {
		if err := check(key); err != nil {
			return err
		}
	}
	for dir, names := range besides(keys) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.remove(dir, names...); err != nil {
			return s.tree.fail("delete from", dir, err)
		}
	}
	return s.tree.fail("delete from", ".", s.tree.settle())
}

// besides are the pictures and what lies beside them, by directory. The picture comes first: what lies beside it counts as
// nothing without it.
func besides(keys []string) map[string][]string {
	all := map[string][]string{}
	for _, key := range keys {
		dir, name := path.Split(key)
		dir = path.Clean(dir)
		all[dir] = append(all[dir], name, name+small, name+sidecar)
	}
	return all
}

func (s *Store) remove(dir string, names ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tree.remove(dir, names...)
}

// PutInput stores an input image durably, in place of any under the same key. It returns [job.ErrInvalid] for a
// key that cannot be a file name.
func (s *Store) PutInput(ctx context.Context, key string, data []byte) error {
	if err := ready(ctx, key); err != nil {
		return err
	}
	temps, err := s.tree.stage(data)
	if err == nil {
		defer s.tree.discard(temps...)
		defer s.keys.lock(key)()
		err = s.place(staged{temps[0], key})
	}
	return s.tree.fail("store input", key, err)
}

// GetInput returns a stored input image, or [job.ErrNotFound].
func (s *Store) GetInput(ctx context.Context, key string) ([]byte, error) {
	if err := ready(ctx, key); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, err := s.tree.look(key); err != nil {
		return nil, s.missing("look for input", key, err)
	}
	data, err := s.tree.root.ReadFile(key)
	return data, s.tree.fail("read input", key, err)
}

// Open opens a picture for reading, or returns [job.ErrNotFound]. It can be read to its end, though it be deleted meanwhile.
func (s *Store) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	if err := ready(ctx, key); err != nil {
		return nil, err
	}
	file, _, err := s.open(key)
	if err != nil {
		return nil, s.missing("read picture", key, err)
	}
	return file, nil
}

// DeleteInput removes an input image.
func (s *Store) DeleteInput(ctx context.Context, key string) error {
	return s.Delete(ctx, []string{key})
}

// DeleteInputs implements job.InputEraser: the keys are a directory.
func (s *Store) DeleteInputs(ctx context.Context, keyPrefix string) error {
	dir := strings.TrimSuffix(keyPrefix, "/")
	if err := ready(ctx, dir); err != nil {
		return err
	}
	s.mu.Lock()
	err := s.tree.removeAll(dir)
	s.mu.Unlock()
	if err == nil {
		err = s.tree.settle()
	}
	return s.tree.fail("delete inputs", dir, err)
}

func ready(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return check(key)
}

package disk

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
)

// pictureRoom is what a picture and its record may need, in bytes, with the log that the database writes before.
const pictureRoom = 4 << 20

// Room returns an error that wraps syscall.ENOSPC where the disk has no room for another picture. It costs next to
// nothing; where the system does not tell the room it returns nil.
func (f *Folder) Room() error {
	for _, folder := range []string{f.Path, filepath.Join(f.Path, storeFolder)} { // the pictures may have a disk of their own
		if left, known := free(folder); known && left < pictureRoom {
			return fmt.Errorf("folder %s has %d bytes left, and a picture may need %d: %w%s", folder, left, pictureRoom, syscall.ENOSPC, advice(syscall.ENOSPC))
		}
	}
	return nil
}

// Probe writes a small file durably, as the first step of storing a picture does, and removes it.
func (s *Store) Probe(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	temps, err := s.tree.stage([]byte("probe\n"))
	if err != nil {
		return s.tree.fail("write", "a probe", err)
	}
	s.tree.discard(temps...)
	return nil
}

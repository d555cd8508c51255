package disk

import (
	"hash/maphash"
	"sync"
)

// keyLocks lets one at a time have a key. Keys share locks by chance, so a caller that has a key must not wait for another.
type keyLocks [4096]sync.Mutex

var keySeed = maphash.MakeSeed()

// lock waits for a key and returns what lets go of it.
func (l *keyLocks) lock(key string) (unlock func()) {
	m := &l[maphash.String(keySeed, key)%uint64(len(l))]
	m.Lock()
	return m.Unlock
}

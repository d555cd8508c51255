package sqlite

import (
	"path/filepath"
	"testing"
	"time"
)

func TestNoSlotIsGivenTwiceAroundARestart(t *testing.T) {
	for _, interval := range []time.Duration{time.Hour, time.Minute, 10 * time.Microsecond} {
		now := time.Now()
		path := filepath.Join(t.TempDir(), "easel.db")
		open := func() *DB { return reopen(t, path, Options{Unsafe: true, Now: func() time.Time { return now }}) }
		reserve := func(db *DB) time.Time {
			at, ok, err := db.Reserve(t.Context(), "core", interval, 24*time.Hour)
			if err != nil || !ok {
				t.Fatalf("no slot: %v, %v", ok, err)
			}
			return at
		}
		db := open()
		var last time.Time
		for range 20 {
			last = reserve(db)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open()
		if gap := reserve(db).Sub(last); gap < interval || gap > interval+time.Second+time.Millisecond {
			t.Errorf("with slots %v apart the next after a restart is %v later", interval, gap)
		}
	}
}

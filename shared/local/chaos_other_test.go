//go:build !linux

package local

import "testing"

func smallDisk(t *testing.T, _ int) (dir string, ok bool) { return t.TempDir(), false }

func fill(t *testing.T, _ string) { t.Fatal("no disk to fill") }

func empty(t *testing.T, _ string) { t.Fatal("no disk to empty") }

//go:build !linux && !darwin

package local

import (
	"io/fs"
	"os"
)

// shared would report whether other users can read a file; modes do not tell it here.
func shared(fs.FileInfo) bool { return false }

func readOnly(*os.File) bool { return false }

package cli

import (
	"errors"
	"path/filepath"
)

// dataDir is where each system wants the data of its users' programs.
func dataDir(system string, getenv func(string) string) (string, error) {
	home := getenv("HOME")
	var parent string
	switch {
	case system == "windows":
		parent = getenv("LocalAppData")
	case system == "darwin" && home != "":
		parent = filepath.Join(home, "Library", "Application Support")
	case filepath.IsAbs(getenv("XDG_DATA_HOME")):
		parent = getenv("XDG_DATA_HOME")
	case home != "":
		parent = filepath.Join(home, ".local", "share")
	}
	if parent == "" {
		return "", errors.New("there is no user's data folder here (HOME, XDG_DATA_HOME or LocalAppData): name a folder with --data")
	}
	return filepath.Join(parent, "easel"), nil
}

package disk

import (
	"fmt"
	"strings"

	"easel/shared/job"
)

// sidecar ends the name of the file that holds a picture's [job.ImageInfo].
const sidecar = ".json"

// small ends the name of the file that holds a picture's thumbnail.
const small = ".small.jpg"

// The bounds of a key. A file name has at most 255 bytes on the usual file systems.
const (
	maxKey  = 512
	maxName = 200
)

// check refuses every key that is not a plain relative path: what it lets through names the same file on every
// system and lies inside the folder.
func check(key string) error {
	if len(key) == 0 || len(key) > maxKey {
		return refuse(key, fmt.Sprintf("it has %d characters, 1 to %d are allowed", len(key), maxKey))
	}
	for i := range len(key) {
		if !plain(key[i]) {
			return refuse(key, "only letters, digits, '.', '_', '-' and '/' are allowed")
		}
	}
	for name := range strings.SplitSeq(key, "/") {
		if why := wrong(name); why != "" {
			return refuse(key, why)
		}
	}
	for _, taken := range []string{sidecar, small} {
		if strings.HasSuffix(strings.ToLower(key), taken) {
			return refuse(key, "names ending in "+taken+" are taken for what lies beside a picture")
		}
	}
	return nil
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("._-/", c) >= 0
}

// wrong says what is wrong with one name between the slashes, if anything.
func wrong(name string) string {
	switch {
	case name == "":
		return "it begins or ends with a slash, or has two in a row"
	case name[0] == '.':
		return "no part may begin with a dot"
	case name[len(name)-1] == '.':
		return "no part may end with a dot" // Windows drops it: two keys would be one file
	case len(name) > maxName:
		return fmt.Sprintf("a part is longer than %d characters", maxName)
	}
	return ""
}

// refuse cuts the key short: a key that is wrong may be anything.
func refuse(key, why string) error {
	if len(key) > 80 {
		key = key[:80] + "..."
	}
	return fmt.Errorf("key %q cannot be stored: %s: %w", key, why, job.ErrInvalid)
}

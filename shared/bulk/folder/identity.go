package folder

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"

	"easel/shared/job"
	"easel/shared/request"
)

// keyDigits is how much of a fingerprint a key holds, in hexadecimal digits. Memory holds as much of it.
const keyDigits = 16

var (
	// derived is the form of a key that was made for a row without a custom_id.
	derived = regexp.MustCompile(`^h-([0-9a-f]{16})-([1-9][0-9]{0,8})(?:~[1-9][0-9]{0,8})?$`)
	// member is what a key has behind the custom_id of a row that was multiplied.
	member = regexp.MustCompile(`^-([0-9a-f]{12})(?:-([1-9][0-9]{0,8}))?(?:~[1-9][0-9]{0,8})?$`)
)

// Digest stands for a string in memory, whatever the string's length. Of 100,000 strings two have the same with a
// probability of 3 in 10,000,000,000.
type Digest uint64

// DigestOf is the digest of a string.
func DigestOf(s string) Digest {
	sum := sha256.Sum256([]byte(s))
	return Digest(binary.BigEndian.Uint64(sum[:]))
}

// Namer gives every row of a file the key by which a batch knows it from run to run. It remembers some 30 bytes for each.
// The zero value is ready; it is not for several goroutines.
type Namer struct {
	ids   map[Digest]struct{} // custom_ids
	equal map[Digest]uint32   // how many rows without one there were, by what all their keys begin with
}

// Key is the custom_id; without one "h-", 16 digits of the row's fingerprint and its number among equal rows.
func (n *Namer) Key(customID, fingerprint string) string {
	if n.ids == nil {
		n.ids, n.equal = map[Digest]struct{}{}, map[Digest]uint32{}
	}
	if customID != "" {
		n.ids[DigestOf(customID)] = struct{}{}
		return customID
	}
	stem := "h-" + fingerprint[:keyDigits]
	id := DigestOf(stem)
	for {
		n.equal[id]++
		key := fmt.Sprintf("%s-%d", stem, n.equal[id])
		if _, taken := n.ids[DigestOf(key)]; !taken {
			return key
		}
	}
}

// PrintOf is the beginning of a fingerprint.
func PrintOf(fingerprint string) uint64 {
	n, _ := strconv.ParseUint(fingerprint[:keyDigits], 16, 64) // it is hexadecimal
	return n
}

// Print begins the fingerprint of what an entry was made for.
func (e Entry) Print() uint64 {
	in := job.InputOf(request.Request{Settings: e.Input.Settings, Parameters: e.Input.Parameters})
	in.Image, in.Mask = imageOf(e.ImageSHA256), imageOf(e.MaskSHA256)
	return PrintOf(job.Fingerprint(in, e.Model))
}

func imageOf(sha256 string) *job.InputImage {
	if sha256 == "" {
		return nil
	}
	return &job.InputImage{SHA256: sha256}
}

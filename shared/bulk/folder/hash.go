package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// hash is the SHA-256 of a file in hexadecimal. A link that leads out of the folder is not followed.
func (d *directory) hash(name string) (string, error) {
	file, err := d.root.Open(local(name))
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// hash is the SHA-256 of a file in hexadecimal. A link that leads out of the folder is not followed.
func (d *directory) hash(ctx context.Context, name string) (string, error) {
	file, err := d.root.Open(local(name))
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, patient{ctx, file}); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// patient stops reading a file when the caller's context ends.
type patient struct {
	ctx  context.Context
	file *os.File
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.file.Read(b)
}

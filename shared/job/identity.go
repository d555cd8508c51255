package job

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
)

// namespace separates the IDs that Easel derives from those that others derive by the same method.
var namespace = uuid.MustParse("8f0c2a52-5a0e-5d0b-9a35-0f6a1c5d7e21")

// newID is a UUID of version 7: unique, and in the order of time.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// deriveID is a UUID of version 5 over the parts. Each part is preceded by its length, so that no two
// lists of parts run together.
func deriveID(parts ...string) string {
	var b []byte
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return uuid.NewSHA1(namespace, b).String()
}

// derived reports whether an ID came from [deriveID], and will come again for the same parts.
func derived(id string) bool {
	parsed, err := uuid.Parse(id)
	return err == nil && parsed.Version() == 5
}

// Ordered is JSON with the members of every object in the order of their names, and numbers as they were
// written, so that two texts of one value are equal. Text that is no JSON becomes null: the request is refused before the values are compared.
func Ordered(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	_ = d.Decode(&v)
	out, _ := json.Marshal(v)
	return out
}

// HashOf is the SHA-256 in hexadecimal, and empty for nothing.
func HashOf(b []byte) string {
	if b == nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// ImageKey is where the image of a generation lies. The time of creation is part of it because a deleted
// job may be created again under the same ID, and must not find the image of the former one.
func (j Job) ImageKey(generation int) string {
	group := "single"
	if j.BatchID != "" {
		group = "batch"
	}
	return fmt.Sprintf("images/%s/%s/%d-%d.%s", group, j.ID, generation, j.CreatedAt.UnixMilli(), j.Sent.OutputFormat)
}

// InputKey is where the input images of a job or of a batch lie.
func InputKey(id string) string { return "inputs/" + id }

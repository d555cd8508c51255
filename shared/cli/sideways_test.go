package cli_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/jpeg"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

// layPhoto is "sideways JPEG NDJSON": a photograph of 96 × 64 pixels that says that it is to be turned by a quarter, a
// row that starts from it, and what a broken transfer has left of it.
func layPhoto(ts *testscript.TestScript, _ bool, args []string) {
	const exif = "\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	var b bytes.Buffer
	ts.Check(jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 96, 64)), nil))
	photo := bytes.Join([][]byte{b.Bytes()[:2], []byte(exif), b.Bytes()[2:]}, nil)
	ts.Check(os.WriteFile(ts.MkAbs("cut-"+args[0]), photo[:len(photo)-9], 0o600))
	row, err := json.Marshal(map[string]any{"prompt": "in autumn", "model": "sd35", "image": photo})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), photo, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), row, 0o600))
}

package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"easel/shared/api"
)

// pictureTime bounds the transfer of one picture: a few megabytes over a slow line.
const pictureTime = 5 * time.Minute

// CodePicture is the code of a [api.Problem] where a picture's address was refused, also a fresh one.
const CodePicture = "picture_refused"

// Download writes the job's n-th picture, from 0, to w and holds its size and hash against what the job
// says. Where the address has died (403) it gets the job again, once, for a fresh one. What was written
// before an error is to be thrown away.
func (c *Client) Download(ctx context.Context, j api.Job, n int, w io.Writer) error {
	if n < 0 || n >= len(j.Images) {
		return fmt.Errorf("job %s has %d pictures; there is no number %d", j.ID, len(j.Images), n)
	}
	err := c.fetch(ctx, j.Images[n], w)
	var p *api.Problem
	if !errors.As(err, &p) || p.Status != http.StatusForbidden {
		return err
	}
	fresh, err := c.Get(ctx, j.ID, 0)
	if err != nil {
		return err
	}
	if n >= len(fresh.Images) {
		return fmt.Errorf("job %s has lost its picture %d", j.ID, n)
	}
	return c.fetch(ctx, fresh.Images[n], w)
}

func (c *Client) fetch(ctx context.Context, img api.Image, w io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, pictureTime)
	defer cancel()
	var body io.ReadCloser
	err := persist(ctx, true, func(int) (err error) {
		body, err = c.open(ctx, img.URL)
		return err
	})
	if err != nil {
		return c.elsewhere(img.URL, err)
	}
	defer body.Close()
	return receive(ctx, body, img, w)
}

// elsewhere says how to mend an address that begins with a name by which the server is not reached, as that of a
// container.
func (c *Client) elsewhere(address string, err error) error {
	u, bad := url.Parse(address)
	if bad != nil || !Unsent(err) || u.Host == c.base.Host || !strings.HasPrefix(u.Path, "/files/") {
		return err
	}
	return fmt.Errorf("%w at %s, with which the picture's address begins, though it answers at %s: start it with --url and the address that clients call, here --url %s (%s)",
		ErrUnreachable, u.Host, c.base.Host, c.base, err.Error())
}

// open sends no credential: the address has its own.
func (c *Client) open(ctx context.Context, address string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("the job names an address that is none; get the job again")
	}
	request.Header.Set("User-Agent", agent())
	response, err := unredirected(c.HTTP).Do(request)
	if err != nil {
		return nil, unreachable(ctx, request.URL.Host, err)
	}
	if response.StatusCode == http.StatusOK {
		return response.Body, nil
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16)) // what there is of a reason
	return nil, refused(response, body)
}

// refused makes a problem of what a store of pictures answers. S3 gives its reason in XML; what it says beside these
// two may hold the signature.
func refused(response *http.Response, body []byte) *api.Problem {
	p := readProblem(response, body)
	var said struct{ Code, Message string }
	if xml.Unmarshal(body, &said) == nil && said.Code != "" {
		p.Detail = fmt.Sprintf("The store of pictures answered %d %s: %s", p.Status, shortened(said.Code, 60), quoteLong(said.Message)) +
			" It speaks of the picture's address, not of your credential: whoever runs the server has to let the role that signs addresses read pictures (s3:GetObject, and kms:Decrypt with a key of one's own)."
	}
	if p.Status == http.StatusForbidden {
		p.Code = CodePicture
	}
	return p
}

func receive(ctx context.Context, body io.Reader, img api.Image, w io.Writer) error {
	hash := sha256.New()
	counted := &source{Reader: io.LimitReader(body, img.SizeBytes+1)}
	size, err := io.Copy(io.MultiWriter(w, hash), counted)
	switch {
	case counted.err != nil:
		return unreachable(ctx, "the store of pictures", counted.err)
	case err != nil:
		return fmt.Errorf("write the picture: %w", err)
	case size != img.SizeBytes:
		return fmt.Errorf("the picture that came has not the %d bytes that the job names (%d came); fetch it again", img.SizeBytes, size)
	case hex.EncodeToString(hash.Sum(nil)) != img.SHA256:
		return errors.New("the picture that came is not the one that was stored: its SHA-256 differs; fetch it again")
	}
	return nil
}

// source keeps the error of reading apart from the error of writing.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

package disk

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"
	"time"
)

// problem is an answer as RFC 9457 has it.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Handler serves the addresses that [Store.URL] signs: GET and HEAD below /files/. The
// signature in an address stands for a credential, so the handler asks for none. An address that is wrong or old is 403,
// a file that is gone 404.
func (s *Store) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Store) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		answer(w, http.StatusMethodNotAllowed, "method_not_allowed", "A picture can be read with GET or HEAD only.")
		return
	}
	l, ok := s.verify(r.URL)
	switch {
	case !ok:
		answer(w, http.StatusForbidden, "link_invalid", "This address was not given out as it stands. GET the job again for a fresh address.")
	case l.left <= 0:
		answer(w, http.StatusForbidden, "link_expired", "This address has expired. GET the job again for a fresh address.")
	default:
		s.send(w, r, l)
	}
}

func (s *Store) send(w http.ResponseWriter, r *http.Request, l link) {
	if picture, wanted := strings.CutSuffix(l.key, small); wanted {
		l = thumbnails{s}.thumbnail(r, picture, l)
	}
	file, modified, err := s.open(l.key)
	if absent(err) {
		answer(w, http.StatusNotFound, "image_not_found", "This picture is not stored any more. GET the job to see its state.")
		return
	}
	if err != nil {
		s.report(r, err)
		answer(w, http.StatusInternalServerError, "internal", "The picture could not be read. Try again; the server's log says why.")
		return
	}
	defer file.Close()
	s.describe(w.Header(), l)
	http.ServeContent(ranged(w, r), r, "", modified, file)
}

// open opens a file for reading. It returns fs.ErrNotExist or its like if there is none.
func (s *Store) open(key string) (*os.File, time.Time, error) {
	if err := check(strings.TrimSuffix(key, small)); err != nil {
		return nil, time.Time{}, err
	}
	info, err := s.tree.look(key)
	if err != nil {
		return nil, time.Time{}, err
	}
	file, err := s.tree.root.Open(key)
	return file, info.ModTime(), err
}

// describe sets the headers of a file. A browser may show it and must do nothing else with it, whatever its bytes
// are. An input image has no sidecar, hence no entity tag.
func (s *Store) describe(h http.Header, l link) {
	contentType := l.contentType
	picture, _ := strings.CutSuffix(l.key, small)
	if info, err := s.about(picture); err == nil {
		h.Set("ETag", fmt.Sprintf("%q", info.SHA256+l.key[len(picture):]))
		if contentType == "" {
			contentType = info.ContentType
		}
	}
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": filename(l.key)}))
	// A browser may keep a picture, and asks within minutes whether it is still there: a deleted one must go.
	h.Set("Cache-Control", fmt.Sprintf("private, max-age=%d", min(l.left, sameFor)/time.Second))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
}

// filename is what a browser calls the file when it is saved: with the job's ID before it, since the last part alone
// is the same for pictures made at the same time.
func filename(key string) string {
	return path.Base(path.Dir(key)) + "-" + path.Base(key)
}

func (s *Store) report(r *http.Request, err error) {
	if s.Report != nil {
		s.Report(r.Context(), fmt.Errorf("serve a picture: %w", err))
	}
}

func answer(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// A client that has gone away is no concern of ours.
	_ = json.NewEncoder(w).Encode(problem{"about:blank", title(status), status, code, detail})
}

// Package web is the page that people see: it makes, watches and finds pictures in a browser, by the API alone. Its
// files lie in the folder page, are embedded as they are and run as they are, so that a build of Easel needs Go and
// nothing else.
//
// It is drawn with preact and htm in their one standalone file (13 kB, page/vendor), and not with plain web components.
// A card changes its state a dozen times while others beside it keep focus, selection and a picture that is loading.
// Preact changes what differs and leaves the rest alone, and every text that it draws is a text node: a prompt cannot
// become HTML by a slip. With plain components both would be written by hand in each of them. htm reads its templates in
// the browser without eval, so no build step and no exception of the Content-Security-Policy are needed.
//
// The package serves its files and says under which policy. It knows no job and no key: those are the API's.
package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// Prefix is where the page's own files are served.
const Prefix = "/web/"

//go:embed page
var files embed.FS

// CardCSS is the look of a card and its colours, which the contact sheet of the command line shares.
//
//go:embed page/card.css
var CardCSS string

// Page is the page of one server.
type Page struct {
	// Images are origins that pictures come from besides the page's own, such as https://bucket.s3.us-west-2.amazonaws.com.
	Images []string
	// Simulated says that no picture of this server is paid for. The page says so before the first one is made.
	Simulated bool
}

// Policy is the Content-Security-Policy of the page: its own scripts and styles, pictures of the image host, no frame
// around it, and nothing else.
func (p Page) Policy() string {
	images := strings.Join(append([]string{"'self'"}, p.Images...), " ")
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src " + images + " data: blob:; connect-src " + images +
		"; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}

// Handler serves the page at / and its files below [Prefix]. A program that does not ask for HTML at / is answered by
// plain, if that is not nil.
func (p Page) Handler(plain http.Handler) http.Handler {
	assets := load()
	index := assets["index.html"]
	if p.Simulated {
		index = newAsset("index.html", bytes.Replace(index.data, []byte("<html "), []byte(`<html data-simulated="true" `), 1))
	}
	policy := p.Policy()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Vary", "Accept")
			if plain != nil && !wantsHTML(r) {
				plain.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Security-Policy", policy)
			index.serve(w, r)
			return
		}
		a, ok := assets[strings.TrimPrefix(r.URL.Path, Prefix)]
		if !ok {
			http.NotFound(w, r)
			return
		}
		a.serve(w, r)
	})
}

// wantsHTML reports whether a browser asks for something to show. Programs ask for anything, if at all.
func wantsHTML(r *http.Request) bool {
	return slices.ContainsFunc(strings.Split(r.Header.Get("Accept"), ","), func(kind string) bool {
		name, _, _ := strings.Cut(kind, ";")
		return strings.TrimSpace(name) == "text/html"
	})
}

// asset is a file with what is said of it.
type asset struct {
	name, kind, tag string
	data            []byte
}

func newAsset(name string, data []byte) asset {
	sum := sha256.Sum256(data)
	return asset{name: name, kind: cmp.Or(kinds[path.Ext(name)], "text/plain; charset=utf-8"), tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, data: data}
}

// kinds are named here, for some systems have none for .js, and a browser runs no module without.
var kinds = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml",
}

// serve lets a browser keep the file and has it ask each time whether it is the same, so that a new build is seen at once.
func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("ETag", a.tag)
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	http.ServeContent(w, r, a.name, time.Time{}, bytes.NewReader(a.data))
}

// load reads the embedded files by their paths below the folder page.
func load() map[string]asset {
	all := map[string]asset{}
	_ = fs.WalkDir(files, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := files.ReadFile(name)
		short := strings.TrimPrefix(name, "page/")
		all[short] = newAsset(short, data)
		return err
	}) // what is embedded can be read
	return all
}

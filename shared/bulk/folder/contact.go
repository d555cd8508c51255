package folder

import (
	"bufio"
	"context"
	_ "embed" // the template of the sheet
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"easel/shared/job"
	"easel/shared/web"
)

// Bounds of the contact sheet.
const (
	pageCards   = 500 // pictures on a page
	embedCards  = 100 // up to so many pictures, thumbnails are part of the page and it can be sent by mail
	maxFailures = 200 // at the top of the first page; failed.csv has them all
	shortPrompt = 200 // characters; the rest of a longer prompt unfolds
)

// generator is in every page, and tells it from a file of that name that a person or another program has made.
const generator = `<meta name="generator" content="easel">`

var (
	//go:embed contact.html
	contactText     string
	contactTemplate = template.Must(template.New(contactFile).Parse(contactText))
	contactPage     = regexp.MustCompile(`^contact-([1-9][0-9]{0,6})\.html$`)
)

// sheet is what one page shows.
type sheet struct {
	Style     template.CSS // of cards, as the page of a server has it
	Title     string
	Written   time.Time
	Pictures  int // in all pages
	Simulated int
	Failed    int
	Failures  []card // on the first page
	Cards     []card
	Page      int
	Pages     []link
}

// link leads to a page.
type link struct {
	Page int
	File string
}

// card is a row.
type card struct {
	ID, Model, Seed, Cost string
	Line                  int
	Simulated             bool
	Begin, Rest           string // of the prompt
	File                  string // where a link leads
	Thumb                 any    // a string, or a template.URL for data; nil: there is none
	Code, Message         string // of a failure
	Number, Next          int    // on its page, from 1; of the one after it, 0 for none
}

// contactSheet is contact.html and the pages that follow it.
type contactSheet struct{ *Folder }

// write rewrites the pages, and removes those that are too many.
func (cs contactSheet) write(ctx context.Context, now time.Time) error {
	cs.mu.Lock()
	made := cs.index.shown()
	s := sheet{Style: template.CSS(web.CardCSS), Title: filepath.Base(cs.Path), Written: now.UTC(), Pictures: len(made)}
	for _, n := range made {
		if cs.index.refs[n].is(flagSimulated) {
			s.Simulated++
		}
	}
	cs.mu.Unlock()
	if err := cs.addFailures(ctx, &s); err != nil {
		return err
	}
	pages := (len(made) + cs.pageCards - 1) / cs.pageCards
	if pages == 0 && s.Failed > 0 {
		pages = 1
	}
	for n := range pages {
		s.Pages = append(s.Pages, link{Page: n + 1, File: pageFile(n + 1)})
	}
	for n := range pages {
		part := made[min(len(made), n*cs.pageCards):min(len(made), (n+1)*cs.pageCards)]
		if err := cs.writePage(ctx, s, n+1, part); err != nil {
			return err
		}
	}
	return cs.dropPages(pages)
}

func pageFile(page int) string {
	if page == 1 {
		return contactFile
	}
	return fmt.Sprintf("contact-%d.html", page)
}

func (cs contactSheet) addFailures(ctx context.Context, s *sheet) error {
	return cs.failures(ctx, func(e Entry) error {
		s.Failed++
		if s.Failed <= maxFailures {
			s.Failures = append(s.Failures, describe(e))
		}
		return nil
	})
}

// More is how many failures the page does not show.
func (s sheet) More() int { return s.Failed - len(s.Failures) }

// writePage holds the rows of one page in memory, and no more.
func (cs contactSheet) writePage(ctx context.Context, s sheet, page int, ids []int32) error {
	if err := cs.ours(pageFile(page)); err != nil {
		return err
	}
	s.Page = page
	if page > 1 {
		s.Failures = nil
	}
	for n, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, err := cs.entry(cs.startOf(id))
		if err != nil {
			return err
		}
		c := describe(e)
		if c.Thumb, err = cs.show(e, s.Pictures <= cs.embedCards); err != nil {
			return err
		}
		if c.Number = n + 1; c.Number < len(ids) {
			c.Next = c.Number + 1
		}
		s.Cards = append(s.Cards, c)
	}
	return cs.Save(pageFile(page), func(w io.Writer) error {
		out := bufio.NewWriter(w)
		return errors.Join(contactTemplate.Execute(out, s), out.Flush())
	})
}

// show returns what stands in an img for a picture. A thumbnail that cannot be made is none; a disk that is full is an error.
func (cs contactSheet) show(e Entry, embed bool) (any, error) {
	name, err := cs.thumb(e)
	if advice(err) != "" {
		return nil, err
	}
	if err != nil {
		return nil, nil //nolint:nilerr // the card says that there is no thumbnail
	}
	if !embed {
		return address(name), nil
	}
	data, err := cs.root.ReadFile(local(name))
	if err != nil {
		return nil, cs.fail("read", name, err)
	}
	kind := strings.Replace(strings.TrimPrefix(path.Ext(name), "."), "jpg", "jpeg", 1)
	return template.URL("data:image/" + kind + ";base64," + base64.StdEncoding.EncodeToString(data)), nil
}

// address is a path as a link from a page beside it.
func address(name string) string {
	parts := strings.Split(name, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return "./" + strings.Join(parts, "/")
}

func describe(e Entry) card {
	c := card{
		ID: idOf(e), Model: aliasOf(e.Model), Cost: e.CostUSD.String(), Line: e.Line, Simulated: e.Simulated,
		Code: codeOf(e), Message: messageOf(e),
	}
	if e.Status == string(job.Succeeded) {
		c.Seed, c.File = strconv.FormatInt(e.Seed, 10), address(e.File)
	}
	c.Begin, c.Rest = fold(e.Input.Prompt)
	return c
}

// fold parts a long prompt, between words if it has any.
func fold(prompt string) (begin, rest string) {
	letters := []rune(prompt)
	if len(letters) <= shortPrompt+shortPrompt/10 {
		return prompt, ""
	}
	begin = string(letters[:shortPrompt])
	if i := strings.LastIndexByte(begin, ' '); i > len(begin)/2 {
		begin = begin[:i]
	}
	return begin, strings.TrimSpace(prompt[len(begin):])
}

// ours refuses to write over a page that Easel has not made.
func (cs contactSheet) ours(name string) error {
	file, err := cs.root.Open(local(name))
	if absent(err) {
		return nil
	}
	if err != nil {
		return cs.fail("read", name, err)
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, 1024))
	if err != nil {
		return cs.fail("read", name, err)
	}
	if len(head) > 0 && !strings.Contains(string(head), generator) {
		return fmt.Errorf("%s in folder %s is not a contact sheet of easel and is left alone: rename it to get one", name, cs.Path)
	}
	return nil
}

// dropPages removes the pages that an earlier, longer sheet has left.
func (cs contactSheet) dropPages(pages int) error {
	names, err := fs.Glob(cs.root.FS(), "contact*.html")
	if err != nil {
		return cs.fail("list", ".", err)
	}
	for _, name := range names {
		page := 1
		if part := contactPage.FindStringSubmatch(name); part != nil {
			page, _ = strconv.Atoi(part[1])
		} else if name != contactFile {
			continue
		}
		if page <= pages || cs.ours(name) != nil {
			continue
		}
		if err := cs.drop(name); err != nil {
			return err
		}
	}
	return nil
}

package cli

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"easel/shared/api"
)

// meter is one line on a terminal, painted over every second while something goes on. Nil stands for an
// output that is no terminal, and does nothing.
type meter struct {
	lastLine
	width int // columns

	mu     sync.Mutex
	state  string // empty: nothing is shown
	detail string
	id     string
	since  time.Time
	done   chan struct{}
}

// lastLine is the line of a terminal that is painted over again and again.
type lastLine struct {
	w       io.Writer
	painted int // columns of the last painting
}

// meter begins a progress line if the standard error is a terminal that can be painted.
func (a *app) meter() *meter {
	if width := a.columns(); width > 0 {
		return newMeter(a.errs, width)
	}
	return nil
}

// columns is the width of the terminal on which progress is painted, or 0 where plain lines are written.
func (a *app) columns() int {
	f, ok := fileOf(a.errs)
	if !ok || a.json || !isPainted(runtime.GOOS, os.Getenv) || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width >= 20 {
		return width
	}
	return 80
}

func newMeter(w io.Writer, width int) *meter {
	m := &meter{lastLine: lastLine{w: w}, width: width, since: time.Now(), done: make(chan struct{})}
	go m.tick()
	return m
}

func (m *meter) tick() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			m.paint()
		case <-m.done:
			return
		}
	}
}

// show changes what is told of a job.
func (m *meter) show(state, detail, id string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	m.state, m.detail, m.id = state, detail, id
	m.mu.Unlock()
	m.paint()
}

// clear makes room for other output; the next second paints the line again.
func (m *meter) clear() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = ""
	m.write("")
}

// stop ends the line for good.
func (m *meter) stop() {
	if m == nil {
		return
	}
	close(m.done)
	m.clear()
}

func (m *meter) paint() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != "" {
		m.write(m.compose())
	}
}

// compose puts first what is looked for. Where the line is too short the ID gives way, down to its
// beginning, and then the details.
func (m *meter) compose() string {
	text := fmt.Sprintf("%s %s", m.state, time.Since(m.since).Truncate(time.Second))
	room := m.width - 1 - len(text) - len("  ")
	detail := ""
	if m.detail != "" {
		detail = "  " + m.detail
	}
	id := clip(m.id, max(9, room-utf8.RuneCountInString(detail)))
	if room -= utf8.RuneCountInString(id); room > len("  …") {
		text += clip(detail, room)
	}
	return clip(text+"  "+id, m.width-1)
}

// write covers what was there with blanks and no escape sequence, which old consoles would print.
func (l *lastLine) write(text string) {
	columns := utf8.RuneCountInString(text)
	blank := strings.Repeat(" ", max(0, l.painted-columns))
	if columns > 0 || l.painted > 0 {
		fmt.Fprint(l.w, "\r"+text+blank+"\r")
	}
	l.painted = columns
}

// bar draws how much of all is done before a text, in so many columns.
func bar(done, all int, text string, columns int) string {
	const width = 24
	percent := 100 * min(done, all) / max(1, all)
	filled := percent * width / 100
	blocks := strings.Repeat("█", filled) + strings.Repeat(" ", width-filled)
	return clip(fmt.Sprintf("%4d%% |%s|  %s", percent, blocks, text), columns-1)
}

// hold is how long the server is asked to hold an answer: shorter on a terminal, where a person watches the line.
func (m *meter) hold() time.Duration {
	if m == nil {
		return 20 * time.Second
	}
	return 2 * time.Second
}

// phase says what a job waits for.
func phase(j api.Job) string {
	if j.Waiting == nil {
		return ""
	}
	text := j.Waiting.Code
	if left := time.Until(j.Waiting.Until).Round(time.Second); left > 0 {
		text += fmt.Sprintf(", looked at again in %s", left)
	}
	return text + ": " + j.Waiting.Message
}

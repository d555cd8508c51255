package cli

import (
	"bytes"
	"strings"
	"testing"
)

func TestLocaleAndTerminalDecideHowProgressIsShown(t *testing.T) {
	utf8 := "LANG=en_US.UTF-8 "
	for given, want := range map[string]struct{ utf8, painted bool }{
		utf8 + "TERM=xterm-256color":                 {true, true},
		"LANG=de_DE.utf8 TERM=xterm":                 {true, true},
		"LC_CTYPE=UTF-8 TERM=xterm":                  {true, true},
		"LC_ALL=C.UTF-8 LANG=C TERM=xterm":           {true, true},
		"LANG=en_US.UTF-8 LC_ALL=C TERM=xterm":       {false, false},
		"LANG=en_US.UTF-8 LC_CTYPE=POSIX TERM=xterm": {false, false},
		"LANG=en_US.ISO-8859-1 TERM=xterm":           {false, false},
		"LANG=C TERM=xterm":                          {false, false},
		"TERM=xterm":                                 {false, false},
		utf8 + "TERM=dumb":                           {true, false},
		utf8 + "TERM=xterm NO_COLOR=1":               {true, false},
		utf8 + "TERM=xterm CI=true":                  {true, false},
		utf8 + "TERM=xterm CI=false":                 {true, true},
	} {
		env := map[string]string{}
		for pair := range strings.FieldsSeq(given) {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		getenv := func(name string) string { return env[name] }
		if got := isUTF8("linux", getenv); got != want.utf8 {
			t.Errorf("%s: UTF-8 is %t", given, got)
		}
		if got := isPainted("linux", getenv); got != want.painted {
			t.Errorf("%s: painted is %t", given, got)
		}
	}
	if !isUTF8("windows", func(string) string { return "" }) {
		t.Error("Windows has no locale variables, and shows UTF-8")
	}
}

func TestSymbolsBecomeASCIIAndColumnsStayAligned(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: &out, errs: &out}
	a.plain()
	if err := table(a.out, [][]string{{"a…", "1 × 2"}, {"long text", "ü · é"}}); err != nil {
		t.Fatal(err)
	}
	a.say("%s", "a “quoted” text — and more")
	a.json = true
	if err := a.emit("a × b"); err != nil {
		t.Fatal(err)
	}
	const want = "a...       1 x 2\nlong text  ü - é\n" + `a "quoted" text - and more` + "\n" + `"a × b"` + "\n"
	if got := out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

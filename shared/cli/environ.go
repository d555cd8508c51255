package cli

import (
	"os"
	"strings"
)

// trimEnviron cuts blanks, line ends and a byte order mark off the settings that this program and the AWS SDK
// read. A file that was read into a variable leaves them there, and a header cannot carry them: the request
// would fail as if no server answered.
func trimEnviron() {
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "EASEL_") && !strings.HasPrefix(name, "AWS_") {
			continue
		}
		if trimmed := trim(value); trimmed != value {
			_ = os.Setenv(name, trimmed) // the name was there before
		}
	}
}

func trim(value string) string {
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(value), "\ufeff"))
}

// isUTF8 reports whether the locale shows characters beyond ASCII. The first variable that is set decides, as
// POSIX has it. Windows has no such variables, and its consoles take UTF-8 from Go.
func isUTF8(system string, getenv func(string) string) bool {
	if system == "windows" {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(getenv(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}

// isPainted reports whether a line on the terminal may be painted over. Elsewhere plain lines are written, one
// below the other.
func isPainted(system string, getenv func(string) string) bool {
	return isUTF8(system, getenv) && getenv("TERM") != "dumb" && getenv("NO_COLOR") == "" && !isCI(getenv)
}

// isCI reports whether a build service runs the program; all of them set CI.
func isCI(getenv func(string) string) bool {
	ci := getenv("CI")
	return ci != "" && ci != "false" && ci != "0"
}

package folder

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"html"
	"image"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/HugoSmits86/nativewebp"
	"github.com/google/go-cmp/cmp"

	"easel/shared/model"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// contact returns a page of the sheet.
func contact(t *testing.T, f *Folder, page string) string {
	t.Helper()
	if err := f.Report(t.Context()); err != nil {
		t.Fatal(err)
	}
	return read(t, f, page)
}

func TestContactSheet(t *testing.T) {
	f := openAt(t, filepath.Join(t.TempDir(), "pictures <1>"))
	f.embedCards = 0 // the bytes of a picture are another encoder's matter
	deliver(t, f, success("fox & owl #1", `a "red" fox <script>alert(1)</script>`, 7), pictureOf(t, 8, 8, 1))
	long := success("h-0123456789abcdef-1", strings.Repeat("a very long prompt ", 20), 8)
	long.CustomID, long.Line, long.Simulated, long.CostUSD = "", 3, true, ""
	deliver(t, f, long, pictureOf(t, 8, 4, 2))
	bad := failure("javascript:alert(1)", "an owl", "content_filtered")
	bad.Line = 4
	record(t, f, bad)
	got := contact(t, f, contactFile)
	golden := filepath.Join("testdata", "contact.html")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got; -update rewrites it)\n%s", diff)
	}
}

var attribute = regexp.MustCompile(`\b(href|src)="([^"]*)"`)

func TestTheSheetNeedsNothingButItsFolder(t *testing.T) {
	for name, cards := range map[string]int{"embedded": 10, "linked": 0} {
		f := openAt(t, t.TempDir())
		f.embedCards = cards
		deliver(t, f, success("100% #fox?", `"><img src=x onerror=alert(1)>`, 7), noise(t, 300, 200))
		record(t, f, failure("owl", "<script>alert(1)</script>", "internal"))
		page := contact(t, f, contactFile)
		if n := len(attribute.FindAllString(page, -1)); n != 7 {
			t.Errorf("%s: %d links and pictures, want 7", name, n)
		}
		for _, found := range attribute.FindAllStringSubmatch(page, -1) {
			follow(t, f, html.UnescapeString(found[2]))
		}
		for _, bad := range []string{"<script", "<img src=x", "http:", "https:", "@import", "url("} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: the page has %q", name, bad)
			}
		}
	}
}

// placeOnPage is a card, or its large view.
var placeOnPage = regexp.MustCompile(`^#[cp][1-9]$`)

// follow opens what a page refers to, as a browser does.
func follow(t *testing.T, f *Folder, address string) {
	t.Helper()
	if strings.HasPrefix(address, "data:image/jpeg;base64,") || placeOnPage.MatchString(address) {
		return
	}
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || u.RawQuery != "" || u.Fragment != "" {
		t.Errorf("%q is no file beside the page: %v", address, err)
		return
	}
	if !there(f, u.Path) {
		t.Errorf("%q leads to no file", address)
	}
}

// noise is a picture that compresses badly.
func noise(t testing.TB, width, height int) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = uint8(random.Uint32()) | uint8(i%4/3*255)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestThumbnailsAreMadeOnceAndSmall(t *testing.T) {
	f := openAt(t, t.TempDir())
	e := deliver(t, f, success("fox", "a fox", 1), noise(t, 512, 256))
	name := thumbFolder + "/" + e.SHA256[:2] + "/" + e.SHA256[2:32] + ".jpg"
	small, err := jpeg.DecodeConfig(strings.NewReader(read(t, f, name)))
	if err != nil || small.Width != 256 || small.Height != 128 {
		t.Errorf("the thumbnail is %+v, %v", small, err)
	}
	put(t, f, name, []byte("the same"))
	f.embedCards = 0
	if page := contact(t, f, contactFile); !strings.Contains(page, `src="./`+name+`"`) {
		t.Error("the page does not show the thumbnail")
	}
	if read(t, f, name) != "the same" {
		t.Error("the thumbnail was made again")
	}
}

func TestEveryFormatHasAThumbnail(t *testing.T) {
	transparent := image.NewNRGBA(image.Rect(0, 0, 400, 300))
	var plain, lossless bytes.Buffer
	if err := jpeg.Encode(&plain, transparent, nil); err != nil {
		t.Fatal(err)
	}
	if err := nativewebp.Encode(&lossless, transparent, nil); err != nil {
		t.Fatal(err)
	}
	f := openAt(t, t.TempDir())
	for name, data := range map[string][]byte{"jpg": plain.Bytes(), "webp": lossless.Bytes()} {
		if err := f.paint(name, data); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		img, err := jpeg.Decode(strings.NewReader(read(t, f, name)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r, _, _, _ := img.At(9, 9).RGBA(); name == "webp" && r < 0xf000 {
			t.Errorf("what is transparent is not white but %x", r)
		}
	}
}

// A file of a few hundred bytes may say that it has gigabytes of pixels.
func TestNoPictureIsUnfoldedThatIsTooLarge(t *testing.T) {
	promise := func(w, h uint32) []byte {
		data := bytes.Clone(pictureOf(t, 1, 1, 1))
		binary.BigEndian.PutUint32(data[16:], w)
		binary.BigEndian.PutUint32(data[20:], h)
		binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
		if head, err := model.Sniff(data); err != nil || head.Width != int(w) {
			t.Fatalf("the test's picture is none: %+v, %v", head, err)
		}
		return data
	}
	f := openAt(t, t.TempDir())
	deliver(t, f, success("fox", "a fox", 1), promise(60_000, 60_000))
	var tall bytes.Buffer
	if err := png.Encode(&tall, image.NewGray(image.Rect(0, 0, 1, maxEdge+1))); err != nil {
		t.Fatal(err)
	}
	deliver(t, f, success("elk", "an elk", 1), tall.Bytes())
	deliver(t, f, success("owl", "an owl", 1), []byte("no picture"))
	deliver(t, f, success("cat", "a cat", 1), noise(t, 2000, 20)[:1000])
	if page := contact(t, f, contactFile); strings.Count(page, "no thumbnail: open the picture") != 4 {
		t.Errorf("want four pictures without a thumbnail, got\n%s", page)
	}
}

func TestManyPicturesArePartedIntoPages(t *testing.T) {
	f := openAt(t, t.TempDir())
	f.pageCards = 2
	for i := range 5 {
		e := success(fmt.Sprint("fox", i), "a fox", int64(i))
		e.Line = 10 - i
		deliver(t, f, e, pictureOf(t, 4, 4, i))
	}
	record(t, f, failure("owl", "an owl", "internal"))
	var order []string
	for i, page := range []string{"contact.html", "contact-2.html", "contact-3.html"} {
		text := contact(t, f, page)
		for _, found := range regexp.MustCompile(`href="\./(fox\d)-\d\.png"`).FindAllStringSubmatch(text, -1) {
			order = append(order, found[1])
		}
		if strings.Contains(text, "an owl") != (i == 0) || strings.Count(text, `href="./contact`) != 4 || strings.Count(text, "aria-current") != 3 {
			t.Errorf("%s is\n%s", page, text)
		}
	}
	if diff := cmp.Diff([]string{"fox4", "fox3", "fox2", "fox1", "fox0"}, order); diff != "" {
		t.Error(diff)
	}
	f.pageCards = 4
	contact(t, f, contactFile)
	if there(f, "contact-3.html") || !there(f, "contact-2.html") {
		t.Error("the pages are not those that are needed")
	}
}

func TestPagesOfSomebodyElseAreLeftAlone(t *testing.T) {
	f := openAt(t, t.TempDir())
	deliver(t, f, success("fox", "a fox", 1), pictureOf(t, 4, 4, 1))
	mine := filepath.Join(f.Path, "contact-7.html")
	if err := os.WriteFile(mine, []byte("<html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	contact(t, f, contactFile)
	if !there(f, "contact-7.html") {
		t.Error("a page of somebody else is gone")
	}
	if err := os.WriteFile(filepath.Join(f.Path, contactFile), []byte("<html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Report(t.Context()); err == nil || !strings.Contains(err.Error(), "rename it") || read(t, f, contactFile) != "<html>" {
		t.Errorf("got %v, and the page is %q", err, read(t, f, contactFile))
	}
}

func TestWithoutPicturesAndFailuresThereIsNoSheet(t *testing.T) {
	f := openAt(t, t.TempDir())
	e := deliver(t, f, success("fox", "a fox", 1), pictureOf(t, 4, 4, 1))
	contact(t, f, contactFile)
	if err := os.Remove(filepath.Join(f.Path, e.File)); err != nil {
		t.Fatal(err)
	}
	if err := f.Verify(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Report(t.Context()); err != nil || there(f, contactFile) {
		t.Errorf("%v, and the sheet is there: %t", err, there(f, contactFile))
	}
}

func TestOnlySomeFailuresAreShown(t *testing.T) {
	f := openAt(t, t.TempDir())
	for i := range maxFailures + 3 {
		record(t, f, failure(fmt.Sprint("owl", i), "an owl", "internal"))
	}
	if page := contact(t, f, contactFile); strings.Count(page, "<li>") != maxFailures || !strings.Contains(page, "3 more are not shown") {
		t.Errorf("got %d", strings.Count(page, "<li>"))
	}
}

func TestReportStopsWhenItIsTold(t *testing.T) {
	f := openAt(t, t.TempDir())
	deliver(t, f, success("fox", "a fox", 1), pictureOf(t, 4, 4, 1))
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := f.Report(ctx); !errors.Is(err, context.Canceled) || there(f, contactFile) {
		t.Errorf("got %v", err)
	}
}

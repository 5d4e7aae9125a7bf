package docs_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Libraries that are bound to rooms.
const (
	fyne     = "fyne.io/..."
	xnet     = "golang.org/x/net/..."
	ximage   = "golang.org/x/image/..."
	cbor     = "github.com/fxamacker/cbor/..."
	goCoAP   = "github.com/plgd-dev/go-coap/..."
	gopacket = "github.com/google/gopacket/..."
	dtls     = "github.com/pion/dtls/..."
	bbolt    = "go.etcd.io/bbolt/..."
	toml     = "github.com/pelletier/go-toml/..."
	xdg      = "github.com/adrg/xdg"
	keyring  = "github.com/zalando/go-keyring"
)

// rule is a row of rooms.
type rule struct {
	room string
	may  []string
	why  string
}

// rooms says who may import whom, besides the standard library. "a/..." stands for a and all below it.
// Tests may import what they like, but for the libraries bound below.
var rooms = []rule{
	{"protocol", nil, "CoAP as data: the standard library only"},
	{"protocol/dissect", []string{"protocol"}, "reads bytes with the registries of protocol"},
	{"protocol/malform", []string{"protocol", "protocol/dissect"}, "breaks messages, and asks dissect what is wrong inside an option"},
	{"protocol/linkformat", []string{"protocol"}, "a format, as protocol is"},
	{"protocol/payload", []string{"protocol", "protocol/linkformat", cbor}, "renders formats, link-format among them"},

	{"session/exchange", []string{"protocol"}, "a machine knows messages only, and no other machine; session composes them"},
	{"session/track", []string{"protocol"}, "knows frames only, whoever sent them"},
	{"session/observe", []string{"protocol"}, "a machine knows messages only, and no other machine; session composes them"},
	{"session/blockwise", []string{"protocol"}, "a machine knows messages only, and no other machine; session composes them"},
	{"session/qblock", []string{"protocol"}, "a machine knows messages only, and no other machine; session composes them"},
	{"session/cache", []string{"protocol"}, "knows messages only; session composes it with the machines"},
	{
		"session/lint",
		[]string{"protocol", "protocol/dissect", "protocol/payload", "session/track"},
		"judges dissected frames by what the tracker says of them",
	},
	{"session/trace", []string{"protocol"}, "the log is below all who write to it and read it"},
	{"session/capture", []string{"protocol", "session/trace", gopacket}, "files hold frames"},
	{"session/filter", []string{"protocol", "protocol/dissect", "session/track", "session/lint", "session/trace"}, "asks about frames, what is dissected of them, and what the tracker knows of them"},
	{"session/fault", []string{"protocol"}, "says what becomes of datagrams, and carries none"},
	{"session/transport", []string{"protocol", "session/fault", "session/trace", xnet, dtls}, "carries datagrams, and does not know what a machine makes of them"},
	{"session/lab", []string{goCoAP, dtls, cbor, xnet}, "a peer to judge the engine by must not share its code"},
	{"session/peertest", nil, "finds programs of others for tests"},
	{"session/capability", []string{"protocol", "session", "session/exchange", "session/trace"}, "asks as any user of the engine does, and says which frames show what"},
	{"session", []string{
		"protocol/...", "session/exchange", "session/observe", "session/blockwise", "session/qblock", "session/cache", "session/fault", "session/trace", "session/transport",
	}, "the engine composes machines and transport; discovery and the lab are its users"},
	{"discovery/dnssd", []string{xnet}, "services that devices announce; it knows no CoAP"},
	{"discovery", []string{"protocol", "protocol/linkformat", "discovery/dnssd"}, "declares the small interface that it needs of a session"},

	{"ui/draft", []string{"protocol/...", "session", "session/exchange"}, "a request as it is written becomes one of the engine; it knows no window"},
	{"ui/snippet", []string{"ui/draft", "protocol/...", "session/blockwise"}, "command lines and programs are text made of a draft, and read into one"},
	{"ui/keep", []string{"protocol/...", "ui/draft", bbolt, toml, xdg, keyring, cbor}, "files of what is kept; it knows no window and no engine"},
	{"ui/view", []string{"ui/draft", "ui/snippet", "ui/keep", "protocol/...", "session/...", "discovery/..."}, "view-models are plain Go: no Fyne"},
	{"ui/widget", []string{"ui/view", fyne, ximage}, "draws view-models and knows nothing of the engine"},
	{
		"ui/panel",
		[]string{"ui/draft", "ui/view", "ui/widget", "protocol/...", "session/trace", "session/track", "session/blockwise", "session/capability", "discovery", fyne},
		"draws view-models and the values they hand out; what acts on the engine is in ui/view",
	},
	{"ui/tour", []string{"ui/view", "protocol/...", "session/..."}, "plays the window from outside, without Fyne"},
	{"ui", []string{"protocol", "ui/draft", "ui/keep", "ui/view", "ui/widget", "ui/panel", "session", fyne}, "puts the panels together"},

	{"assets", nil, "embedded files only"},
	{"docs", nil, "pages, and the test that holds the tree to them"},
	{".", []string{"assets", "session", "ui/...", fyne}, "main.go: flags and wiring"},
}

// bound says where else a library must not be, whatever a room may: in files of these rooms only.
var bound = []struct {
	library string
	rooms   []string
	tests   bool // any test may import it too
	why     string
}{
	{fyne, []string{"ui", "ui/widget", "ui/panel", "."}, false, "everything that knows the toolkit is below ui, or wires it in main.go"},
	{gopacket, []string{"session/capture"}, false, "one package knows link layers"},
	{goCoAP, []string{"session/lab"}, true, "a peer and an oracle, never the engine"},
	{dtls, []string{"session/transport", "session/lab"}, true, "one package of the engine knows DTLS"},
}

// banned are names of packages that say nothing about what is in them.
var banned = []string{"utils", "common", "types"}

// topLevel is what there may be at the top of the tree.
var topLevel = []string{
	"main.go", "ui", "session", "protocol", "discovery", "assets", "docs",
	"go.mod", "go.sum", "FyneApp.toml", "README.md", "CHANGELOG.md", "Makefile", ".ci", ".git", ".gitignore",
}

const module = "coapscope"

// source is a Go file as far as the rules look at it.
type source struct {
	file, name string // name of its package
	imports    []string
}

func TestArchitecture(t *testing.T) {
	files, err := sources(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 100 {
		t.Fatalf("only %d Go files were found: the test does not see the tree", len(files))
	}
	for _, f := range files {
		for _, broken := range f.check() {
			t.Error(broken)
		}
	}
}

// sources reads the package clause and the imports of every Go file.
func sources(tree fs.FS) (files []source, err error) {
	err = fs.WalkDir(tree, ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || file != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || path.Ext(file) != ".go":
			return nil
		}
		text, err := fs.ReadFile(tree, file)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		s := source{file: file, name: parsed.Name.Name}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			s.imports = append(s.imports, name)
		}
		files = append(files, s)
		return nil
	})
	return files, err
}

// check gives the rules that the file breaks, in words.
func (s source) check() (broken []string) {
	dir, test := path.Dir(s.file), strings.HasSuffix(s.file, "_test.go")
	at := slices.IndexFunc(rooms, func(r rule) bool { return r.room == dir })
	if at < 0 {
		broken = append(broken, fmt.Sprintf("%s: no rule says what %s may import; give it a row in rooms", s.file, dir))
	}
	if slices.Contains(banned, s.name) || slices.Contains(banned, path.Base(dir)) {
		broken = append(broken, fmt.Sprintf("%s: package %s: the name does not say what is in it", s.file, s.name))
	}
	for _, name := range s.imports {
		for _, b := range bound {
			if covers(b.library, name) && !slices.ContainsFunc(b.rooms, func(r string) bool { return covers(r, dir) }) && !(test && b.tests) {
				broken = append(broken, fmt.Sprintf("%s imports %s, which only %s may: %s", s.file, name, strings.Join(b.rooms, " and "), b.why))
			}
		}
		own, isOwn := strings.CutPrefix(name, module+"/")
		if test || at < 0 || !isOwn && !strings.Contains(strings.Split(name, "/")[0], ".") {
			continue
		}
		if !slices.ContainsFunc(rooms[at].may, func(m string) bool { return covers(m, own) }) {
			broken = append(broken, fmt.Sprintf("%s imports %s, but %s may import %s: %s",
				s.file, name, dir, strings.Join(append(rooms[at].may, "the standard library"), ", "), rooms[at].why))
		}
	}
	return broken
}

// covers tells whether the pattern, "a" or "a/...", stands for the package.
func covers(pattern, name string) bool {
	prefix, below := strings.CutSuffix(pattern, "/...")
	return name == prefix || below && strings.HasPrefix(name, prefix+"/")
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := os.ReadFile("../.gitignore")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		made := slices.ContainsFunc(strings.Fields(string(ignored)), func(p string) bool {
			ok, _ := path.Match(strings.Trim(p, "/"), e.Name())
			return ok
		})
		if !made && !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s is not at home at the top of the tree; its room is below, see docs/architecture.md", e.Name())
		}
	}
}

// The rules find what breaks them.
func TestArchitectureRules(t *testing.T) {
	for _, c := range []struct {
		s    source
		want string // in what is found; empty for nothing
	}{
		{source{"protocol/x.go", "protocol", []string{"fmt", "net/netip"}}, ""},
		{source{"protocol/x.go", "protocol", []string{"golang.org/x/net/ipv4"}}, "standard library"},
		{source{"protocol/x_test.go", "protocol", []string{"pgregory.net/rapid", "github.com/plgd-dev/go-coap/v3/message"}}, ""},
		{source{"session/observe/x.go", "observe", []string{"coapscope/session/exchange"}}, "no other machine"},
		{source{"session/x.go", "session", []string{"coapscope/discovery"}}, "discovery"},
		{source{"session/x.go", "session", []string{"coapscope/session/lab"}}, "session/lab"},
		{source{"session/x.go", "session", []string{"github.com/plgd-dev/go-coap/v3/mux"}}, "oracle"},
		{source{"discovery/x.go", "discovery", []string{"coapscope/session"}}, "interface"},
		{source{"session/transport/x.go", "transport", []string{"coapscope/session/exchange"}}, "machine"},
		{source{"session/x_test.go", "session", []string{"github.com/google/gopacket/layers"}}, "link layers"},
		{source{"ui/view/x.go", "view", []string{"fyne.io/fyne/v2"}}, "no Fyne"},
		{source{"ui/widget/x.go", "widget", []string{"coapscope/session"}}, "knows nothing"},
		{source{"ui/panel/x.go", "panel", []string{"coapscope/session"}}, "ui/view"},
		{source{"discovery/x_test.go", "discovery", []string{"fyne.io/fyne/v2/test"}}, "toolkit"},
		{source{"ui/view/x_test.go", "types", nil}, "does not say"},
		{source{"session/novel/x.go", "novel", nil}, "no rule"},
		{source{"main.go", "main", []string{"coapscope/ui", "fyne.io/fyne/v2/app"}}, ""},
	} {
		found := strings.Join(c.s.check(), "\n")
		if c.want == "" && found != "" || !strings.Contains(found, c.want) {
			t.Errorf("%s with %v: got %q, want %q", c.s.file, c.s.imports, found, c.want)
		}
	}
}

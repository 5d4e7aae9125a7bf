package snippet_test

import (
	"context"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/snippet"
)

// written gives what a kind writes of each sample that goes to a host, by the name of the sample.
func written(t testing.TB, id, host string) map[string]string {
	t.Helper()
	kind, _ := snippet.Find(id)
	texts := map[string]string{}
	for _, s := range samples() {
		if text, err := kind.Write(build(t, s.at(host))); err == nil {
			texts[s.name] = text
		}
	}
	return texts
}

// Programs in Go are right and formatted; those that are run send the message of the engine.
func TestGoPrograms(t *testing.T) {
	texts := written(t, "go", "192.0.2.7")
	if len(texts) < 75 {
		t.Errorf("only %d programs were written", len(texts))
	}
	for name, text := range texts {
		if _, err := parser.ParseFile(token.NewFileSet(), name, text, parser.AllErrors); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
			continue
		}
		if formatted, err := format.Source([]byte(text)); err != nil || string(formatted) != text {
			t.Errorf("%s is not as gofmt writes it: %v\n%s", name, err, text)
		}
	}
	for _, name := range []string{"5 KB, 64", "unknown options", "raw"} {
		t.Run(name, func(t *testing.T) {
			r := record(t, "127.0.0.1:0")
			s := sampleNamed(t, name)
			b := build(t, s.at(fmt.Sprintf("127.0.0.1:%d", r.port)))
			kind, _ := snippet.Find("go")
			text, err := kind.Write(b)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "main.go")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			run(t, exec.Command("go", "run", path))
			got, raw := r.take()
			if b.Raw != nil {
				if len(raw) != 1 || string(raw[0]) != string(b.Raw) {
					t.Errorf("%x was sent, want %x", raw, b.Raw)
				}
				return
			}
			if d := difference(t, b, got, false); d != "" {
				t.Errorf("%s\n%s", d, text)
			}
		})
	}
}

func sampleNamed(t testing.TB, name string) sample {
	t.Helper()
	for _, s := range samples() {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("there is no sample %q", name)
	return sample{}
}

// run runs a program.
func run(t testing.TB, command *exec.Cmd) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*patience)
	defer cancel()
	limited := exec.CommandContext(ctx, command.Path, command.Args[1:]...)
	limited.Dir, limited.Env = command.Dir, command.Env
	if output, err := limited.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", command.Args, err, output)
	}
}

// tool finds a program. A test that lacks it is skipped, but fails in continuous integration.
func tool(t testing.TB, name, why string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: %s", name, why)
		}
		t.Skipf("%s is missing: %s", name, why)
	}
	return path
}

// Scripts in Python compile, and say what the request is. aiocoap itself is not run.
func TestPythonScripts(t *testing.T) {
	texts := written(t, "python", "192.0.2.7")
	if len(texts) < 75 {
		t.Errorf("only %d scripts were written", len(texts))
	}
	for name, words := range map[string][]string{
		"path and query":   {`request.set_request_uri("coap://192.0.2.7/a/b?x=1&y=2", set_uri_host=False)`, "aiocoap.Code(1), mtype=aiocoap.CON)  # GET"},
		"NON":              {"mtype=aiocoap.NON"},
		"percent-encoding": {`OptionNumber(11), b"\x00\xff"`, `"coap://192.0.2.7/?q=%26&r=a%20b%23"`, `OptionNumber(11).create_option(decode=b"a/b")`},
		"unknown options":  {`OpaqueOption(OptionNumber(65000), b"\xff\x00")`},
		"observe":          {"request.opt.observe = 0", "async for notification in asking.observation"},
		"5 KB, 64":         {"request.remote.maximum_block_size_exp = 2"},
		"raw":              {`udp.send(b"I\x01}4")`},
		"token":            {"# aiocoap chooses the token itself."},
	} {
		for _, w := range words {
			if !strings.Contains(texts[name], w) && name != "percent-encoding" {
				t.Errorf("%s has no %s\n%s", name, w, texts[name])
			}
		}
	}
	python := tool(t, "python3", "it compiles scripts")
	dir := t.TempDir()
	args := []string{"-m", "py_compile"}
	for name, text := range texts {
		path := filepath.Join(dir, strings.Map(func(r rune) rune {
			if r == '/' {
				return '_'
			}
			return r
		}, name)+".py")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	run(t, exec.Command(python, args...))
}

// libcoapC tells how a C program is compiled with libcoap: -I and -L may be in CPATH and LIBRARY_PATH.
func libcoapC(t testing.TB) (compiler string) {
	t.Helper()
	compiler = tool(t, "cc", "it compiles programs in C")
	path := filepath.Join(t.TempDir(), "probe.c")
	if err := os.WriteFile(path, []byte("#include <coap3/coap.h>\nint main(void) { return 0; }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command(compiler, "-o", path+".out", path, "-lcoap-3-notls").Run(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("libcoap's headers are missing (Debian: libcoap3-dev)")
		}
		t.Skip("libcoap's headers are missing (Debian: libcoap3-dev)")
	}
	return compiler
}

// Programs in C compile without a warning; those that are run send the message of the engine.
func TestCPrograms(t *testing.T) {
	compiler := libcoapC(t)
	kind, _ := snippet.Find("c")
	compiled := 0
	for _, s := range samples() {
		r := record(t, "127.0.0.1:0")
		b := build(t, s.at(fmt.Sprintf("127.0.0.1:%d", r.port)))
		text, err := kind.Write(b)
		if err != nil {
			continue
		}
		compiled++
		path := filepath.Join(t.TempDir(), "request.c")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"-Wall", "-Wextra", "-Werror", "-o", path + ".out", path, "-lcoap-3-notls"}
		if !slices.Contains(cRuns, s.name) {
			args = append([]string{"-fsyntax-only"}, args...)
		}
		if output, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s\n%s", s.name, err, output, text)
			continue
		}
		if !slices.Contains(cRuns, s.name) {
			continue
		}
		run(t, exec.Command(path+".out"))
		got, raw := r.take()
		if b.Raw != nil {
			if len(raw) != 1 || string(raw[0]) != string(b.Raw) {
				t.Errorf("%x was sent, want %x", raw, b.Raw)
			}
			continue
		}
		if b.Ping() {
			if len(raw) != 1 || len(raw[0]) != 4 || raw[0][1] != 0 {
				t.Errorf("%x was sent, want an Empty message", raw)
			}
			continue
		}
		if strings.Contains(text, "libcoap adds Hop-Limit") {
			b.Request.Message.Options = b.Request.Message.Options.AddUint(protocol.HopLimit, 16)
		}
		if d := difference(t, b, got, false); d != "" {
			t.Errorf("%s: %s\n%s", s.name, d, text)
		}
	}
	if compiled < 70 {
		t.Errorf("only %d programs were compiled", compiled)
	}
}

// cRuns are the samples of which programs in C are run. All are compiled.
var cRuns = []string{
	"root", "path and query", "percent-encoding", "NON", "If-None-Match", "unknown options", "uints", "Block2", "CBOR", "binary", "5 KB, 64", "2 KB in FETCH", "proxy", "token of 8", "ping",
}

// What programs in C say can be seen without libcoap too.
func TestCText(t *testing.T) {
	texts := written(t, "c", "[2001:db8::7]:7000")
	for name, words := range map[string][]string{
		"path and query":  {`getaddrinfo("2001:db8::7", "7000"`, "coap_new_pdu(COAP_MESSAGE_CON, 1, session); // GET", `add(&options, 11, 1, "a"); // Uri-Path`, `add(&options, 15, 3, "x=1"); // Uri-Query`},
		"unknown options": {`add(&options, 65000, 2, "\377\000");`},
		"Accept":          {`add(&options, 17, 1, "<"); // Accept: application/cbor`},
		"token of 8":      {`length = 8;`, `memcpy(token, "packets1", length);`},
		"5 KB, 64":        {`add(&options, 27, 1, "\012"); // Block1: blocks of 64 bytes`, "sizeof payload - 1"},
		"proxy":           {"// libcoap adds Hop-Limit 16"},
		"raw":             {"datagram[] = {0x49, 0x01, 0x7d, 0x34}"},
	} {
		for _, w := range words {
			if !strings.Contains(texts[name], w) {
				t.Errorf("%s has no %s\n%s", name, w, texts[name])
			}
		}
	}
}

// The texts as they are read by people.
func TestTexts(t *testing.T) {
	proxied := draft.Draft{Method: protocol.GET, Address: "coap://example.org/a", Settings: draft.Settings{Proxy: "coap://192.0.2.9"}}
	post := draft.Draft{Method: protocol.POST, Address: "coap://node.example/a b", Type: protocol.NonConfirmable}
	post.Address = "coap://node.example/led?on=1"
	post.Payload, post.Options = "it's on", []draft.Option{{Number: protocol.ContentFormatOption, Text: "0"}}
	for _, c := range []struct {
		id   string
		d    draft.Draft
		want string // of an error behind "!"
	}{
		{"coap-client", post, `coap-client -m post -N -t 0 -e 'it'\''s on' 'coap://node.example/led?on=1'`},
		{"aiocoap", post, `aiocoap-client --non -m POST --content-format 0 --payload 'it'\''s on' 'coap://node.example/led?on=1'`},
		{"hex", with(post, func(d *draft.Draft) { d.Token, d.MessageID = "cafe", "0x7d34" }), "5202" + "7d34" + "cafe" + "3c6e6f64652e6578616d706c65" + "836c6564" + "10" + "346f6e3d31" + "ff69742773206f6e"},
		{"hex", with(post, func(d *draft.Draft) { d.Raw = "49 01" }), "4901"},
		{"wireshark", post, `udp.dstport == 5683 && coap.code == 2 && coap.type == 1 && coap.opt.uri_path == "led" && coap.opt.uri_query == "on=1" && count(coap.opt.name) == 4 && coap contains 3c:6e:6f:64:65:2e:65:78:61:6d:70:6c:65:83:6c:65:64:10:34:6f:6e:3d:31`},
		{"coap-client", proxied, "# coap-client adds Hop-Limit 16 to what a proxy is asked (RFC 8768)\ncoap-client -m get -O 35,coap://example.org/a coap://192.0.2.9"},
		{"aiocoap", proxied, "# aiocoap-client asks the proxy by Proxy-Scheme and Uri options, not by Proxy-Uri\naiocoap-client -m GET --proxy coap://192.0.2.9 coap://example.org/a"},
		{"aiocoap", draft.Draft{Method: protocol.GET, Address: "coap://192.0.2.9/", Options: []draft.Option{{Number: 65000, Text: "x"}}}, "!aiocoap-client cannot write the option 65000"},
		{"coap-client", draft.Draft{Method: protocol.GET, Address: "nowhere:x"}, "!address"},
		{"hex", draft.Draft{Method: protocol.PUT, Address: "coap://192.0.2.9/", Form: draft.File, Payload: "f"}, "!file"},
		{"c", draft.Draft{Method: protocol.PUT, Address: "coap://192.0.2.9/", Form: draft.File, Payload: "f"}, "!File"},
		{"coap-client", draft.Draft{Method: protocol.PUT, Address: "coap://192.0.2.9/", Payload: strings.Repeat("x", 200_000)}, "!too long"},
	} {
		kind, ok := snippet.Find(c.id)
		if !ok {
			t.Fatalf("there is no kind %q", c.id)
		}
		b := c.d.Build(protocol.URI{}, nil)
		got, err := kind.Write(&b)
		if words, bad := strings.CutPrefix(c.want, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%s: got %q, %v; want an error with %q", c.id, got, err, words)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%s:\n got  %s, %v\n want %s", c.id, got, err, c.want)
		}
	}
	if _, ok := snippet.Find("fortran"); ok {
		t.Error("a kind is found that there is not")
	}
}

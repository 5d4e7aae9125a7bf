package snippet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/session/peertest"
	"coapscope/ui/draft"
	"coapscope/ui/snippet"
)

// coapClients are the clients that written lines are run with.
var coapClients = []struct {
	name    string
	program func(t testing.TB, name string) string
	tags    bool // it adds a Request-Tag to every request
}{
	{"libcoap 4.3.1", peertest.System, false},
	{"libcoap 4.3.4", peertest.Program, true},
}

// Every line for coap-client, run by a shell with the real program, puts the bytes on the wire that the engine does.
func TestCoapClientRuns(t *testing.T) {
	kind, _ := snippet.Find("coap-client")
	for _, client := range coapClients {
		t.Run(client.name, func(t *testing.T) {
			program := client.program(t, "coap-client")
			r := record(t, "127.0.0.1:0")
			ran := 0
			for _, s := range samples() {
				b := build(t, s.at(fmt.Sprintf("127.0.0.1:%d", r.port)))
				line, err := kind.Write(b)
				switch {
				case s.not != "":
					if err == nil || !strings.Contains(err.Error(), s.not) {
						t.Errorf("%s: got %q, %v; want an error with %q", s.name, line, err, s.not)
					}
					continue
				case err != nil:
					t.Errorf("%s: %v", s.name, err)
					continue
				}
				if got := strings.HasPrefix(line, "#"); got != (s.note != "") || !strings.Contains(line, s.note) {
					t.Errorf("%s: want a note with %q\n%s", s.name, s.note, line)
				}
				ran++
				r.take()
				output := shell(t, line, "", map[string]string{"coap-client": program})
				got, _ := r.take()
				if s.note == "Hop-Limit" { // which is all that it says
					b.Request.Message.Options = b.Request.Message.Options.AddUint(protocol.HopLimit, 16)
				}
				if d := difference(t, b, got, client.tags); d != "" {
					t.Errorf("%s: %s\n  %.500s\n  %s", s.name, d, line, output)
				}
				want := b.Request.Message.Token
				if len(got) > 0 && b.Request.FixedToken && s.note == "" && got[0].Token != want {
					t.Errorf("%s: the token is %v, want %v\n%s", s.name, got[0].Token, want, line)
				}
			}
			t.Logf("%d lines ran", ran)
		})
	}
}

// The address takes part in what coap-client writes: ports and names become options of their own.
func TestCoapClientHosts(t *testing.T) {
	kind, _ := snippet.Find("coap-client")
	for _, client := range coapClients {
		program := client.program(t, "coap-client")
		for _, c := range []struct{ listen, host string }{
			{"127.0.0.1:0", "localhost:PORT"},
			{"[::1]:0", "[::1]:PORT"},
			{"127.83.7.1:5683", "127.83.7.1"},
			{"127.0.0.1:0", "127.0.0.1:PORT"},
		} {
			t.Run(client.name+" "+c.host, func(t *testing.T) {
				r := record(t, c.listen)
				host := strings.ReplaceAll(c.host, "PORT", fmt.Sprint(r.port))
				for _, d := range []draft.Draft{
					{Method: protocol.GET, Address: "coap://" + host + "/a"},
					{Method: protocol.POST, Address: host, Payload: "x", Options: []draft.Option{{Number: protocol.URIHost, Text: "other.example"}}},
				} {
					b := build(t, d)
					line, err := kind.Write(b)
					if err != nil {
						t.Fatal(err)
					}
					output := shell(t, line, "", map[string]string{"coap-client": program})
					got, _ := r.take()
					if d := difference(t, b, got, client.tags); d != "" {
						t.Errorf("%s\n%s\n%s", line, d, output)
					}
				}
			})
		}
	}
}

// A file is named to the program, which reads it.
func TestCoapClientFile(t *testing.T) {
	kind, _ := snippet.Find("coap-client")
	dir := t.TempDir()
	for _, client := range coapClients {
		program := client.program(t, "coap-client")
		r := record(t, "127.0.0.1:0")
		for _, name := range []string{"plain.bin", "it's a file", "-", "lat\xedn", "two\nlines"} {
			for _, size := range []int{10, 3000} {
				content := []byte(strings.Repeat("0123456789", size/10))
				if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
					t.Fatal(err)
				}
				d := draft.Draft{Method: protocol.PUT, Address: fmt.Sprintf("127.0.0.1:%d/f", r.port), Form: draft.File, Payload: name}
				b := build(t, d)
				line, err := kind.Write(b)
				if err != nil {
					t.Errorf("%q: %v", name, err)
					continue
				}
				output := shell(t, line, dir, map[string]string{"coap-client": program})
				got, _ := r.take()
				b.Request.Message.Payload = content
				if d := difference(t, b, got, client.tags); d != "" {
					t.Errorf("%q, %d bytes: %s\n%s\n%s", name, size, d, line, output)
				}
			}
		}
	}
}

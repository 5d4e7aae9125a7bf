package snippet_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/snippet"
)

// show writes a draft in a line: what is not at its default.
func show(c snippet.Command) string {
	d := c.Draft
	s := d.Type.String() + " " + d.Method.Short() + " " + d.Address
	for _, o := range d.Options {
		s += fmt.Sprintf(" %d=%s", o.Number, o.Text)
	}
	if d.Payload != "" {
		s += fmt.Sprintf(" %s:%q", d.Form, d.Payload)
	}
	for _, part := range []struct{ name, text string }{{"token", d.Token}, {"proxy", d.Proxy}, {"timeout", d.Timeout}, {"raw", d.Raw}} {
		if part.text != "" {
			s += " " + part.name + "=" + part.text
		}
	}
	if d.ProxyInParts {
		s += " in parts"
	}
	if d.BlockSize != 0 {
		s += fmt.Sprintf(" blocks of %d", d.BlockSize)
	}
	if c.Repeat != 1 {
		s += fmt.Sprintf(" %d times", c.Repeat)
	}
	return s
}

func TestReadCommand(t *testing.T) {
	for _, c := range []struct{ line, want, note string }{
		// Of the manual of coap-client.
		{"coap-client coap://coap.me", "CON GET coap://coap.me/", ""},
		{"coap-client -m get coap://[::1]/.well-known/core", "CON GET coap://[::1]/.well-known/core", ""},
		{"coap-client -m get coap://%2Fa/b", "!host", ""},
		{`echo -n "mode=on" | coap-client -m put \
		    coap://[2001:db8:c001:f00d:221:2eff:ff00:2704]:5683/actuators/leds?color=r -f-`, `CON PUT coap://[2001:db8:c001:f00d:221:2eff:ff00:2704]/actuators/leds?color=r Text:"mode=on"`, ""},
		{"coap-client -m put coap://[fec0::3]/ck -T 3a -t binary -f to_upload", `CON PUT coap://[fec0::3]/ck 12=42 application/octet-stream File:"to_upload" token=3362`, ""},
		{"echo -n 1000 | coap-client -m put -T cafe coap://[::1]/time -f -", `CON PUT coap://[::1]/time Text:"1000" token=63616666`, ""},
		{"coap-client -m get -T cafe -P coap://upstream-proxy coap://[::1]/time", "CON GET coap://[::1]/time 16=16 token=63616666 proxy=coap://upstream-proxy", ""},
		{"coap-client -P coap://p http://example.org/", "CON GET coap://p/ 16=16 35=http://example.org/", "Uri-Host"},
		// How it may be written.
		{"$ /usr/bin/coap-client-notls coap://192.0.2.1/a", "CON GET coap://192.0.2.1/a", ""},
		{"  sudo FOO=bar ./coap-client-openssl   coap://192.0.2.1/a  ", "CON GET coap://192.0.2.1/a", ""},
		{"# a comment\n\ncoap-client -m post \\\n  -e 'it'\\''s' \\\n  coap://192.0.2.1/a # and more\n", `CON POST coap://192.0.2.1/a Text:"it's"`, ""},
		{"# coap-client adds Hop-Limit coap-client -m put coap://192.0.2.1/a", "CON PUT coap://192.0.2.1/a", ""},
		{`coap-client -m post \ -e x \ coap://192.0.2.1/a`, `CON POST coap://192.0.2.1/a Text:"x"`, ""},
		{`coap-client -mput -Nex "coap://192.0.2.1/a?b=1&c"`, `NON PUT coap://192.0.2.1/a?b=1&c Text:"x"`, ""},
		{`coap-client -e $'\xff\x00' coap://192.0.2.1/a`, `CON GET coap://192.0.2.1/a Hex:"ff"`, ""},
		{`coap-client -e "$(printf 'a\001b')" coap://192.0.2.1/a`, `CON GET coap://192.0.2.1/a Hex:"610162"`, ""},
		{`coap-client -e "a\"\$b\\ \c" coap://192.0.2.1/a`, `CON GET coap://192.0.2.1/a Text:"a\"$b\\ \\c"`, ""},
		{"coap-client coap://192.0.2.1/a > out.txt 2>&1", "CON GET coap://192.0.2.1/a", "out.txt"},
		{"coap-client coap://192.0.2.1/a 2>/dev/null | jq .", "CON GET coap://192.0.2.1/a", "left out"},
		{"coap-client -m put -f - coap://192.0.2.1/a < data.bin", `CON PUT coap://192.0.2.1/a File:"data.bin"`, ""},
		{"cat data.bin | coap-client -m put -f - coap://192.0.2.1/a", `CON PUT coap://192.0.2.1/a File:"data.bin"`, ""},
		// What it does with its options.
		{"coap-client coap://192.0.2.1:61616/a", "CON GET coap://192.0.2.1:61616/a 7=61616", ""},
		{"coap-client -U coap://192.0.2.1:61616/a", "CON GET coap://192.0.2.1:61616/a", ""},
		{"coap-client -U coap://node.example/a", "CON GET coap://node.example/a", "Uri-Host"},
		{"coap-client -O 3,example.org coap://192.0.2.1/a?", "CON GET coap://192.0.2.1/a 3=example.org", ""},
		{"coap-client -O 11,zz coap://192.0.2.1/a", "CON GET coap://192.0.2.1/zz/a", ""},
		{"coap-client -O 5 -O 1, -O 4,0x0102 -O 4,abc -O 65000,0xff coap://192.0.2.1/", "CON GET coap://192.0.2.1/ 1= 4=0x0102 4=0x616263 5= 65000=0xff", ""},
		{"coap-client -A json -t app -m fetch -e '{}' coap://192.0.2.1/", `CON FETCH coap://192.0.2.1/ 12=40 application/link-format 17=50 application/json Text:"{}"`, ""},
		{`coap-client -m put -t 50 -e '{"a":1}' coap://192.0.2.1/`, `CON PUT coap://192.0.2.1/ 12=50 application/json JSON:"{\"a\":1}"`, ""},
		{`coap-client -m put -t cbor -e '%a1%61%74%01' coap://192.0.2.1/`, `CON PUT coap://192.0.2.1/ 12=60 application/cbor CBOR:"{\"t\": 1}"`, ""},
		{"coap-client -b 64 coap://192.0.2.1/", "CON GET coap://192.0.2.1/ blocks of 64", ""},
		{"coap-client -b 2,64 coap://192.0.2.1/", "CON GET coap://192.0.2.1/ 23=2/0/64", ""},
		{"coap-client -s 10 -B 5 -G 3 coap://192.0.2.1/", "CON GET coap://192.0.2.1/ 6=0 timeout=5s 3 times", "until you stop"},
		{"coap-client -v 7 -w -a 192.0.2.9 -p 4000 -o out -K 5 -L 1 coap://192.0.2.1/", "CON GET coap://192.0.2.1/", "-v 7 is left out"},
		{"coap-client -k secret -u me coaps://192.0.2.1/", "CON GET coaps://192.0.2.1/", "keys are no part"},
		{"coap-client -r coap://192.0.2.1/", "CON GET coap+tcp://192.0.2.1/", ""},
		{"coap-client -H 3 -O 39,coap -P coap://p:7000 -U -O 3,example.org coap://x/a", "CON GET coap://p:7000/a 3=example.org 16=3 39=coap", ""},
		{"coap-client coap://192.0.2.1/ extra", "CON GET coap://192.0.2.1/", "extra"},
		{"coap-client -O 17,0x0032 -N coap://192.0.2.1/a", "NON GET coap://192.0.2.1 raw=50010000b16162" + "0032", "illegal"},
		// aiocoap-client.
		{"aiocoap-client coap://node.example/a?b=c", "CON GET coap://node.example/a?b=c", ""},
		{"./aiocoap-client -m POST --non --payload 'hello world' coap://192.0.2.1:7000/a", `NON POST coap://192.0.2.1:7000/a Text:"hello world"`, ""},
		{"aiocoap-client -mput --content-f 50 --payload='{\"a\": 1}' --acc application/cbor coap://192.0.2.1/", `CON PUT coap://192.0.2.1/ 12=50 application/json 17=60 application/cbor JSON:"{\"a\": 1}"`, ""},
		{"aiocoap-client -m 7 coap://192.0.2.1/", "CON iPATCH coap://192.0.2.1/", ""},
		{"aiocoap-client -m iPATCH coap://192.0.2.1/", "CON iPATCH coap://192.0.2.1/", ""},
		{`aiocoap-client -m PUT --content-format application/cbor --payload '{"t": 21}' coap://192.0.2.1/`, `CON PUT coap://192.0.2.1/ 12=60 application/cbor CBOR:"{\"t\": 21}"`, ""},
		{"aiocoap-client --payload @suit.cbor --payload-initial-szx 3 -m PUT coap://10.42.0.61/suit", `CON PUT coap://10.42.0.61/suit File:"suit.cbor" blocks of 128`, ""},
		{`printf '\001%%\n' | aiocoap-client --payload @- coap://192.0.2.1/`, `CON GET coap://192.0.2.1/ Hex:"01250a"`, ""},
		{"aiocoap-client --observe -vv -q --observe-exec cat coap://192.0.2.1/", "CON GET coap://192.0.2.1/ 6=0", "--observe-exec"},
		{"aiocoap-client --credentials client.diag coap://10.42.0.61/hello", "CON GET coap://10.42.0.61/hello", "keys"},
		{"aiocoap-client --proxy p.example:7000 coap://example.org:5683/a", "CON GET coap://example.org/a proxy=coap://p.example:7000 in parts", ""},
		{"aiocoap-client --proxy coap://p.example coap://example.org/a", "CON GET coap://p.example/a 3=example.org 39=coap", ""},
		{"aiocoap-client --no-set-hostname coap://node.example/", "CON GET coap://node.example/", "Uri-Host"},
		// What is wrong, and where.
		{"coap-client -m get -Q x coap://192.0.2.1/", "!19 no option -Q", ""},
		{"coap-client -m bogus coap://192.0.2.1/", `!15 no method "bogus"`, ""},
		{"coap-client -m get", "!no URI", ""},
		{"coap-client coap://192.0.2.1/ -m", "!30 -m has no value", ""},
		{"coap-client -e 'a coap://192.0.2.1/", "!15 the quote is not closed", ""},
		{"coap-client -e 100% coap://192.0.2.1/", "!15 %25", ""},
		{"coap-client -f - coap://192.0.2.1/", "!15 standard input", ""},
		{"coap-client coap://192.0.2.1/%zz", "!29 path", ""},
		{"coap-client http://192.0.2.1/", "!12 scheme", ""},
		{"coap-client -O x,1 coap://192.0.2.1/", "!15 -O is a number", ""},
		{"coap-client -O 5,0xabc coap://192.0.2.1/", "!15 not hex", ""},
		{"coap-client -b 100 coap://192.0.2.1/", "!15 size", ""},
		{"coap-client -e $HOME coap://192.0.2.1/", "!15 variable", ""},
		{"coap-client -e `date` coap://192.0.2.1/", "!15 not run", ""},
		{"coap-client coap://192.0.2.1/ && echo done", `!30 "&&" joins`, ""},
		{"date | coap-client -f - coap://192.0.2.1/", "!no command line", ""},
		{"aiocoap-client --set-hostname coap://192.0.2.1/", "!15 no option --set-hostname", ""},
		{"aiocoap-client --payload", "!15 --payload has no value", ""},
		{"aiocoap-client --no coap://192.0.2.1/", "!15 --no can be", ""},
		{"aiocoap-client coap://192.0.2.1/ more", "!33 one word too many", ""},
		{"aiocoap-client --version", "!15 makes no request", ""},
		{"aiocoap-client -m FOO coap://192.0.2.1/", "!18 neither a method", ""},
		{"wget http://example.org", "!no command line", ""},
	} {
		got, err := snippet.ReadCommand(c.line)
		if want, bad := strings.CutPrefix(c.want, "!"); bad {
			var problem *snippet.CommandError
			text := ""
			if errors.As(err, &problem) {
				text = fmt.Sprintf("%d %s", problem.Offset, problem.Text)
			}
			place, words, placed := strings.Cut(want, " ")
			if !placed || place[0] < '0' || place[0] > '9' {
				place, words = "", want
			}
			if !strings.HasPrefix(text, place) || !strings.Contains(text, words) {
				t.Errorf("%s\n got  %v, %v\n want %s", c.line, show(got), text, want)
			}
			continue
		}
		if err != nil || show(got) != c.want {
			t.Errorf("%s\n got  %s, %v\n want %s", c.line, show(got), err, c.want)
		}
		if notes := strings.Join(got.Notes, "\n"); !strings.Contains(notes, c.note) || (c.note == "") != (notes == "") {
			t.Errorf("%s\n notes %q, want %q", c.line, notes, c.note)
		}
		if !snippet.IsCommand(c.line) {
			t.Errorf("%s is not taken for a command", c.line)
		}
	}
}

func TestIsCommand(t *testing.T) {
	for text, want := range map[string]bool{
		"":                                   false,
		"coap-client":                        true,
		"coap-clients coap://x":              false,
		"my-coap-client coap://x":            false,
		"coap://coap-client/":                false,
		"coap://192.0.2.1/coap-client":       false,
		"/a/coap-client":                     true, // a path to the program
		"/sensors/temp":                      false,
		"node.example":                       false,
		"see coap-client for more":           false,
		"$ coap-client coap://x":             true,
		"A=1 sudo coap-client":               true,
		"echo x | coap-client -f -":          true,
		"rm x | coap-client":                 false,
		"#\n# two\n\n  aiocoap-client":       true,
		"# only a comment about coap-client": false,
		`C:\bin\coap-client.exe coap://x/`:   false,
	} {
		if got := snippet.IsCommand(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// Nothing that is pasted panics; what is read builds a request, or says what is wrong with it, and offsets are in the text.
func FuzzReadCommand(f *testing.F) {
	for _, id := range lines {
		kind, _ := snippet.Find(id)
		for _, s := range samples() {
			b := build(f, s.at("192.0.2.7:7000"))
			if line, err := kind.Write(b); err == nil && len(line) < 2000 {
				f.Add(line)
			}
		}
	}
	for _, line := range []string{
		"coap-client -e $'\\x41\\101\\u20ac\\n' -O 5 -b 2,64 -G 3 -s 1 coap://[::1]/", "echo -ne 'a\\n' | coap-client -f- coap://x/",
		"$ aiocoap-client --pay='@-' coap://x < f", "coap-client -P coap://p -O 39,x coap://h:1/a?b=c", "coap-client \"$(printf '\\377')\" | x",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c, err := snippet.ReadCommand(line)
		var problem *snippet.CommandError
		if err != nil {
			if !errors.As(err, &problem) || problem.Offset < 0 || problem.Offset > len(line) || problem.Text == "" {
				t.Fatalf("%q: %#v", line, err)
			}
			return
		}
		if !snippet.IsCommand(line) {
			t.Fatalf("%q is read, but not taken for a command", line)
		}
		b := c.Draft.Build(protocol.URI{}, nil)
		for _, p := range b.Problems {
			if p.Where != draft.AddressField {
				t.Fatalf("%q: %s: %s", line, p.Where, p.Text)
			}
		}
		// What is read and written again is the same request.
		if len(b.Problems) > 0 || b.Raw != nil || c.Program != "coap-client" {
			return
		}
		kind, _ := snippet.Find("coap-client")
		if again2, err := kind.Write(&b); err == nil && !strings.HasPrefix(again2, "#") {
			if d := again(t, &b, again2); d != "" {
				t.Fatalf("%q\n%q\n%s", line, again2, d)
			}
		}
	})
}

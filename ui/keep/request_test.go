package keep

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"
	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

// anyText draws texts as they are typed, and any other: control characters, quotes, line breaks, bytes that are no text.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Just(""),
		rapid.StringMatching(`[a-z/{}?=&$.-]{0,20}`),
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"'", `"`, "\\", "\n", "\r", "\r\n", "\t", " ", "#", "'''", `"""`, "a", "é", "\x00", "\x7f", "\xff", "\ufeff", "{{x}}", ":", "off "}), 0, 12),
			func(parts []string) string { return strings.Join(parts, "") }),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 40), func(b []byte) string { return string(b) }),
	)
}

func anyDraft() *rapid.Generator[draft.Draft] {
	return rapid.Custom(func(t *rapid.T) draft.Draft {
		text := anyText()
		d := draft.Draft{
			Method:  protocol.Code(rapid.Byte().Draw(t, "method")),
			Address: text.Draw(t, "address"),
			Group:   text.Draw(t, "group"),
			Type:    protocol.Type(rapid.IntRange(0, 3).Draw(t, "type")),
			Form:    rapid.SampledFrom(draft.Forms()).Draw(t, "form"),
			Payload: text.Draw(t, "payload"),
			Raw:     text.Draw(t, "raw"),
		}
		for range rapid.IntRange(0, 4).Draw(t, "options") {
			n := rapid.OneOf(rapid.Map(rapid.Uint16(), func(n uint16) protocol.OptionNumber { return protocol.OptionNumber(n) }),
				rapid.Map(rapid.SampledFrom(protocol.OptionTable()), func(i protocol.OptionInfo) protocol.OptionNumber { return i.Number }))
			d.Options = append(d.Options, draft.Option{Number: n.Draw(t, "number"), Text: text.Draw(t, "value"), Off: rapid.Bool().Draw(t, "off")})
		}
		for _, f := range settings {
			switch {
			case f.text != nil:
				*f.text(&d.Settings) = text.Draw(t, f.key)
			case f.truth != nil:
				*f.truth(&d.Settings) = rapid.Bool().Draw(t, f.key)
			default:
				*f.count(&d.Settings) = int(rapid.Int32().Draw(t, f.key))
			}
		}
		return d
	})
}

// Every draft can be written, is read back as it was, and the file is TOML to others too.
func TestRequestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDraft().Draw(t, "draft")
		text := WriteRequest(&d, nil)
		back, err := ReadRequest(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(d, back); diff != "" || !d.Equal(back) {
			t.Fatalf("%s\n%s", diff, text)
		}
		if again := WriteRequest(&back, text); string(again) != string(text) {
			t.Fatalf("written again it is another file:\n%s\n%s", text, again)
		}
		var other map[string]any
		if err := toml.Unmarshal(text, &other); err != nil {
			t.Fatalf("others do not read it: %v\n%s", err, text)
		}
		windows := strings.ReplaceAll(string(text), "\n", "\r\n")
		if back, err = ReadRequest([]byte(windows)); err != nil || !d.Equal(back) {
			t.Fatalf("with the line breaks of Windows: %v\n%s", err, text)
		}
	})
}

// Whoever adds a field to a draft is told that files have no key for it.
func TestEveryFieldHasAKey(t *testing.T) {
	have := map[string]bool{"Method": true, "Address": true, "Type": true, "Options": true, "Payload": true, "Form": true, "Settings": true, "Raw": true, "Group": true}
	for i, of := 0, reflect.TypeFor[draft.Draft](); i < of.NumField(); i++ {
		f := of.Field(i)
		if !have[f.Name] {
			t.Errorf("Draft.%s has no key in the file of a request", f.Name)
		}
	}
	named := map[string]field{}
	for _, f := range settings {
		named[f.name] = f
	}
	for i, of := 0, reflect.TypeFor[draft.Settings](); i < of.NumField(); i++ {
		f := of.Field(i)
		if _, ok := named[f.Name]; !ok {
			t.Errorf("Settings.%s has no key in the file of a request", f.Name)
		}
	}
	for i, of := 0, reflect.TypeFor[draft.Option](); i < of.NumField(); i++ {
		f := of.Field(i)
		if f.Name != "Number" && f.Name != "Text" && f.Name != "Off" {
			t.Errorf("Option.%s is not in the file of a request", f.Name)
		}
	}
}

func TestRequestFile(t *testing.T) {
	d := draft.Draft{
		Method: protocol.PUT, Address: "coap://{{host}}/actuators/led?on=1", Type: protocol.NonConfirmable, Form: draft.JSON,
		Payload: "{\n  \"on\": true\n}\n",
		Options: []draft.Option{
			{Number: protocol.ContentFormatOption, Text: "50 application/json"},
			{Number: protocol.IfMatch, Text: "0xaabb", Off: true},
			{Number: 65001, Text: `say "hi"`},
		},
		Settings: draft.Settings{Token: "random 8", AckTimeout: "2s", BlockSize: 64, AskSize: true},
	}
	const want = `method = "PUT"
address = "coap://{{host}}/actuators/led?on=1"
type = "NON"
options = [
  "Content-Format: 50 application/json",
  "off If-Match: 0xaabb",
  '65001: say "hi"',
]
form = "JSON"
payload = '''
{
  "on": true
}
'''

[settings]
token = "random 8"
ack-timeout = "2s"
block-size = 64
ask-size = true
`
	if got := string(WriteRequest(&d, nil)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Comments stay where what they are about stays, and are not lost where it goes.
func TestCommentsSurvive(t *testing.T) {
	const old = `# Switches the LED.
# Ask Kim before you change it.
method = "PUT" # not POST
# where
address = "coap://a/led"
options = [
  # the device insists
  "Content-Format: 0", # plain
  "Accept: 60",
  # no more
] # all
payload = "# no comment"

# how it is sent
[settings]
timeout = "2s" # slow
# the end
`
	d, err := ReadRequest([]byte(old))
	if err != nil {
		t.Fatal(err)
	}
	if d.Payload != "# no comment" || len(d.Options) != 2 {
		t.Errorf("read as %+v", d)
	}
	want := strings.NewReplacer(` # not POST`, `  # not POST`, `, # plain`, `,  # plain`, `] # all`, `]  # all`, `"2s" # slow`, `"2s"  # slow`).Replace(old)
	if got := string(WriteRequest(&d, []byte(old))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	d.Method, d.Payload, d.Timeout = protocol.GET, "", ""
	d.Options = d.Options[1:]
	const changed = `# Switches the LED.
# Ask Kim before you change it.
method = "GET"  # not POST
# where
address = "coap://a/led"
options = [
  "Accept: 60",
  # no more
]  # all
# the device insists
# plain
# how it is sent
# slow
# the end
`
	if got := string(WriteRequest(&d, []byte(old))); got != changed {
		t.Errorf("got\n%s\nwant\n%s", got, changed)
	}
}

func TestReadRequestErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `line 1, method: the key is missing: write one such as method = "GET"`},
		{"method = \"GET\"\nadress = \"x\"", "line 2, adress: there is no such key in the file of a request"},
		{"method = \"FLY\"", `line 1, method: "FLY" is none that there is: write a method such as GET, or a code such as 0.08`},
		{"method = 1", "line 1, method: a text in quotes is expected"},
		{"method = \"GET\"\nmethod = \"GET\"", "line 2, method: the key stands there twice"},
		{"method = \"GET\"\n[other]\na = 1", "line 2, other: there is no such table in the file of a request"},
		{"method = \"GET\"\n[settings]\nblock-size = \"64\"", "line 3, block-size: a whole number without quotes is expected"},
		{"method = \"GET\"\n[settings]\nask-size = 1", "line 3, ask-size: true or false is expected"},
		{"method = \"GET\"\n[settings]\nfoo = 1", "line 3, foo: there is no such setting"},
		{"method = \"GET\"\noptions = [\n\"Accept: 60\",\n\"Acept: 60\"]", `line 4, options: "Acept" is no option of the registry; write its number`},
		{"method = \"GET\"\noptions = [\n\"Accept\"]", `line 3, options: "Accept" is no option: write its name or number, a colon, and its value`},
		{"method = \"GET\"\na.b = 1", "line 2, a.b: a key with dots means nothing here; write it in quotes if the dot is of the name"},
		{"method = \"GET\"\n[[x]]", "line 2, x: a table of tables means nothing here"},
		{"method = \"GET\"\npayload = { base64 = \"?\" }", "line 2, payload: this is no base64 with padding (RFC 4648 §4)"},
		{"method = \"GET\"\npayload = 1.5", "line 2, payload: a text, a whole number, true, false or a list of texts is expected"},
		{"method = \"GET\"\n\xff", "line 2: this is no UTF-8 text"},
	} {
		_, err := ReadRequest([]byte(c.text))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || err.Error() != c.want {
			t.Errorf("%q:\ngot  %v\nwant %s", c.text, err, c.want)
		}
	}
	// What the parser of TOML says has the line, too.
	_, err := ReadRequest([]byte("method = \"GET\"\naddress = \"x\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
		t.Errorf("got %v", err)
	}
}

func FuzzReadRequest(f *testing.F) {
	d := draft.Draft{Method: protocol.FETCH, Address: "coap://a", Payload: "a\n'''\r", Options: []draft.Option{{Number: 4, Text: "\xff", Off: true}}, Settings: draft.Settings{QBlock: true}}
	f.Add(WriteRequest(&d, nil))
	f.Add([]byte("# c\nmethod = \"GET\" # d\noptions = [ # e\n# f\n\"Accept: 1\", # g\n# h\n]\n[settings]\nblock-size = 0x10\n"))
	f.Add([]byte("method = \"GET\"\naddress = \"\"\"a\\\n  b\"\"\"\npayload = { base64 = \"/w==\" }"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := ReadRequest(text)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 {
				t.Fatalf("%v", err)
			}
			return
		}
		again := WriteRequest(&d, text)
		back, err := ReadRequest(again)
		if err != nil || !back.Equal(d) {
			t.Fatalf("%v\n%s", err, again)
		}
		if third := WriteRequest(&back, again); string(third) != string(again) {
			t.Fatalf("written again it changes:\n%q\n%q", again, third)
		}
	})
}

// The page about the files is right.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/collections.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "## A request\n\n")
	example, rest, _ := strings.Cut(rest, "\n\nThe name of the file")
	example = strings.TrimPrefix(strings.ReplaceAll("\n"+example, "\n    ", "\n"), "\n") + "\n"
	d, err := ReadRequest([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(WriteRequest(&d, nil)); got != example {
		t.Errorf("the example is written as\n%s\nand not\n%s", got, example)
	}
	for _, f := range settings {
		if !strings.Contains(rest, "`"+f.key+"`") {
			t.Errorf("%s is not on the page", f.key)
		}
	}
	_, rest, _ = strings.Cut(rest, "## Variables\n\n")
	example, _, _ = strings.Cut(rest, "\n\nA request has")
	if e, err := ReadEnvironment("x", []byte(strings.ReplaceAll(example, "    ", ""))); err != nil || len(e.Variables) != 2 {
		t.Errorf("%v %v", e, err)
	}
}

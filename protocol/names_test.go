package protocol_test

import (
	"errors"
	"strings"
	"testing"

	"coapscope/protocol"
)

func TestParseNames(t *testing.T) {
	n, err := protocol.ParseNames("\ufeff# of the vendor\r\n" +
		"option 3332 Device-Id opaque 1-8 request\r\n" +
		"option\t65004  Tag string repeatable   # any length\n" +
		"option 10 Setting uint 0-2 7.01\n" +
		"option 65003 Flag empty response\n\n" +
		"code 0.30 ANNOUNCE\ncode 4.28 Out of Paper\ncode 7.30 Whisper\n" +
		"content-format 65001 application/vnd.acme+cbor\n" +
		`content-format 65002 application/vnd.acme; a="b" (deflate)`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		number protocol.OptionNumber
		code   protocol.Code
		want   protocol.OptionInfo
	}{
		{3332, protocol.GET, protocol.OptionInfo{Number: 3332, Name: "Device-Id", MinLen: 1, MaxLen: 8, In: protocol.InRequest}},
		{65004, protocol.Content, protocol.OptionInfo{
			Number: 65004, Name: "Tag", Format: protocol.FormatString, MaxLen: protocol.MaxOptionLength,
			In: protocol.InRequest | protocol.InResponse, Repeatable: protocol.InRequest | protocol.InResponse,
		}},
		{10, protocol.CSM, protocol.OptionInfo{Number: 10, Code: protocol.CSM, Name: "Setting", Format: protocol.FormatUint, MaxLen: 2, In: protocol.InSignaling}},
		{65003, protocol.Content, protocol.OptionInfo{Number: 65003, Name: "Flag", Format: protocol.FormatEmpty, In: protocol.InResponse}},
	} {
		c.want.Reference = protocol.NamedReference
		if got := n.Option(c.number, c.code); got == nil || *got != c.want {
			t.Errorf("option %d is %+v, want %+v", c.number, got, c.want)
		}
	}
	if got := n.Option(10, protocol.GET); got != nil {
		t.Errorf("an option of CSM is one of GET: %+v", got)
	}
	if got := n.Option(protocol.URIPath, protocol.GET); got == nil || got.Name != "Uri-Path" {
		t.Errorf("Uri-Path is %+v", got)
	}
	for got, want := range map[string]string{
		n.CodeString(30):                                 "0.30 ANNOUNCE",
		n.CodeString(4<<5 | 28):                          "4.28 Out of Paper",
		n.CodeString(7<<5 | 30):                          "7.30 Whisper",
		n.CodeString(protocol.Content):                   "2.05 Content",
		n.CodeString(29):                                 "0.29",
		n.ContentFormatString(65001):                     "application/vnd.acme+cbor",
		n.ContentFormatString(65002):                     `application/vnd.acme; a="b" (deflate)`,
		n.ContentFormatString(50):                        "application/json",
		n.ContentFormatString(65003):                     "65003",
		(*protocol.Names)(nil).CodeString(30):            "0.30",
		(*protocol.Names)(nil).ContentFormatString(7777): "7777",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if c, ok := n.CodeNamed("announce"); c != 30 || !ok {
		t.Errorf("announce is %v %v", c, ok)
	}
	if c, ok := n.CodeNamed("2.05 content"); c != protocol.Content || !ok {
		t.Errorf("2.05 content is %v %v", c, ok)
	}
	if f, ok := n.ContentFormatNamed("Application/vnd.acme+cbor"); f != 65001 || !ok {
		t.Errorf("vnd.acme+cbor is %v %v", f, ok)
	}
	if f, ok := n.ContentFormatNamed("application/cbor"); f != protocol.CBOR || !ok {
		t.Errorf("cbor is %v %v", f, ok)
	}
}

func TestParseNamesErrors(t *testing.T) {
	for text, want := range map[string]string{
		"opton 3 X opaque":                "is none of option, code and content-format",
		"option x X opaque":               `"x" is no option number`,
		"option 65536 X opaque":           "write one from 1 to 65535",
		"option 128 X opaque":             "reserved (RFC 7252 §12.2)",
		"option 11 X string":              "Uri-Path in the registry (RFC 7252 §5.10.1)",
		"option 2 X uint 7.01":            "Max-Message-Size in the registry",
		"option 3332":                     "needs a name without blanks and a format",
		"option 3332 X":                   "needs a name without blanks and a format",
		"option 3332 X text":              "write opaque, empty, uint or string",
		"option 3332 X uint 9":            "a value of format uint has 0 to 8 bytes",
		"option 3332 X opaque 8-1":        "the smaller number first",
		"option 3332 X empty 1":           "has 0 to 0 bytes",
		"option 3332 X opaque sometimes":  "neither a length in bytes",
		"option 3332 X opaque 7.99":       `"7.99" is no code`,
		"code 0.30":                       "needs a name",
		"code 0.5 X":                      `"0.5" is no code`,
		"code 0.01 X":                     "GET in the registry",
		"code 3.01 X":                     "reserved class",
		"content-format 60 a/b":           "application/cbor in the registry",
		"content-format 65001":            "needs a media type",
		"content-format 65001 acme":       "needs a media type",
		"content-format 70000 a/b":        "write one from 0 to 65535",
		"code 0.30 A\ncode 0.30 B":        "has a name already, in line 1",
		"\noption 4 X opaque\n\noption 6": "line 2: option 4 is ETag in the registry (RFC 7252 §5.10.6) and keeps that name: remove the line\nline 4: ",
	} {
		n, err := protocol.ParseNames(text)
		var lines protocol.NamesError
		if !errors.As(err, &lines) || !strings.Contains(err.Error(), want) || n == nil {
			t.Errorf("%q: %v does not say %q", text, err, want)
		}
	}
	n, err := protocol.ParseNames("code 0.30 A\nwhat\ncode 0.31 B")
	if err == nil || n.CodeString(30) != "0.30 A" || n.CodeString(31) != "0.31 B" {
		t.Errorf("the good lines are lost: %v", err)
	}
}

// The example explains itself: without its comment signs in front of names it can be read.
func TestNamesExample(t *testing.T) {
	n, err := protocol.ParseNames(protocol.NamesExample())
	if err != nil || n.CodeString(30) != "0.30" {
		t.Errorf("the example names something: %v", err)
	}
	text := ""
	for line := range strings.Lines(protocol.NamesExample()) {
		for _, what := range []string{"# option 6", "# option 2", "# code 0", "# code 4", "# content-format 6"} {
			if strings.HasPrefix(line, what) {
				text += strings.TrimPrefix(line, "# ")
			}
		}
	}
	if n, err = protocol.ParseNames(text); err != nil || strings.Count(text, "\n") != 7 {
		t.Errorf("%v in\n%s", err, text)
	}
	if n.CodeString(30) != "0.30 ANNOUNCE" || n.Option(65001, protocol.GET).Name != "Device-Id" {
		t.Errorf("not the names of the example:\n%s", text)
	}
}

func FuzzParseNames(f *testing.F) {
	f.Add(protocol.NamesExample())
	f.Add("option 3332 Device-Id opaque 1-8 request")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := protocol.ParseNames(text)
		if n == nil || err != nil && err.Error() == "" {
			t.Fatalf("%q: %v %v", text, n, err)
		}
	})
}

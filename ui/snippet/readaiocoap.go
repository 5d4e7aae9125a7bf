package snippet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/protocol/payload"
)

// aiocoapFlag is an option of aiocoap-client.
type aiocoapFlag struct {
	name   string
	valued bool
}

// aiocoapFlags are those of all its versions, by their long names.
var aiocoapFlags = []aiocoapFlag{
	{"--non", false},
	{"--method", true},
	{"--observe", false},
	{"--observe-exec", true},
	{"--accept", true},
	{"--proxy", true},
	{"--payload", true},
	{"--payload-initial-szx", true},
	{"--content-format", true},
	{"--no-set-hostname", false},
	{"--verbose", false},
	{"--quiet", false},
	{"--dump", true},
	{"--interactive", false},
	{"--credentials", true},
	{"--version", false},
	{"--help", false},
	{"--color", false},
	{"--no-color", false},
	{"--pretty-print", false},
	{"--no-pretty-print", false},
	{"--no-sec", false},
}

// findAiocoap finds an option by its name or the beginning of it, as argparse does.
func findAiocoap(w word, name string) (aiocoapFlag, error) {
	var found []aiocoapFlag
	for _, f := range aiocoapFlags {
		if f.name == name {
			return f, nil
		}
		if len(name) > 2 && strings.HasPrefix(f.name, name) {
			found = append(found, f)
		}
	}
	switch len(found) {
	case 0:
		return aiocoapFlag{}, &CommandError{w.offset, fmt.Sprintf("aiocoap-client has no option %s", name)}
	case 1:
		return found[0], nil
	}
	return aiocoapFlag{}, &CommandError{w.offset, fmt.Sprintf("%s can be %s or %s", name, found[0].name, found[1].name)}
}

// aiocoapLine is a line of aiocoap-client while it is read.
type aiocoapLine struct {
	*asked
	uri     *word
	proxy   *word
	payload *word
	host    bool // Uri-Host is written where the host is a name
}

// readAiocoap reads the words behind the program as argparse and aiocoap-client do.
func (a *asked) readAiocoap(words []word) error {
	l := &aiocoapLine{asked: a, host: true}
	a.message.Code, a.repeat = protocol.GET, 1
	ended := false
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case ended || len(w.text) < 2 || w.text[0] != '-':
			if l.uri != nil {
				return &CommandError{w.offset, fmt.Sprintf("%q is one word too many: one URI is asked for", w.text)}
			}
			l.uri = &words[i]
			continue
		case w.text == "--":
			ended = true
			continue
		}
		var flag aiocoapFlag
		value := word{offset: w.offset}
		given := false
		switch {
		case strings.HasPrefix(w.text, "--"):
			name, text, hasText := strings.Cut(w.text, "=")
			var err error
			if flag, err = findAiocoap(w, name); err != nil {
				return err
			}
			if hasText && !flag.valued {
				return &CommandError{w.offset, fmt.Sprintf("%s has no value", flag.name)}
			}
			value.text, given = text, hasText
		case w.text[1] == 'm':
			flag = aiocoapFlag{"--method", true}
			value.text = strings.TrimPrefix(w.text[2:], "=")
			given = len(w.text) > 2
		case strings.Trim(w.text[1:], "vq") == "":
			flag = aiocoapFlag{"--verbose", false}
		default:
			return &CommandError{w.offset, fmt.Sprintf("aiocoap-client has no option %s", w.text)}
		}
		if flag.valued && !given {
			if i++; i == len(words) {
				return &CommandError{w.offset, fmt.Sprintf("%s has no value", flag.name)}
			}
			value = words[i]
		}
		if err := l.take(flag.name, w, value); err != nil {
			return err
		}
	}
	return l.end(words)
}

func (l *aiocoapLine) take(name string, w, value word) error {
	bad := func(format string, args ...any) error {
		return &CommandError{value.offset, fmt.Sprintf(format, args...)}
	}
	switch name {
	case "--non":
		l.message.Type = protocol.NonConfirmable
	case "--method":
		code, ok := aiocoapMethod(value.text)
		if !ok {
			return bad("%q is neither a method nor its number", value.text)
		}
		l.message.Code = code
	case "--observe":
		l.options = l.options.Set(protocol.Observe, nil)
	case "--observe-exec":
		l.note("--observe-exec is left out: no program is run")
	case "--accept", "--content-format":
		n := protocol.ContentFormatOption
		if name == "--accept" {
			n = protocol.Accept
		}
		f, ok := aiocoapFormat(value.text)
		if !ok {
			return bad("%q is neither the number of a content format nor a registered media type", value.text)
		}
		l.options = l.options.SetUint(n, uint64(f))
	case "--proxy":
		if v := value.text; v != "none" && v != "" && v != "-" {
			l.proxy = &value
		}
	case "--payload":
		l.payload = &value
	case "--payload-initial-szx":
		n, err := strconv.Atoi(value.text)
		if err != nil || n < 0 || n > 6 {
			return bad("--payload-initial-szx is a number from 0 to 6, not %q", value.text)
		}
		l.blockSize = 16 << n
	case "--no-set-hostname":
		l.host = false
	case "--credentials":
		l.note("--credentials is left out: keys are no part of a request")
	case "--dump":
		l.note("--dump %s is left out: all packets are kept anyway", value.text)
	case "--interactive", "--version", "--help":
		return &CommandError{w.offset, fmt.Sprintf("%s makes no request", name)}
	}
	return nil
}

func (l *aiocoapLine) end(words []word) error {
	if l.uri == nil {
		at := 0
		if len(words) > 0 {
			at = words[len(words)-1].offset
		}
		return &CommandError{at, "the line has no URI"}
	}
	uri, err := l.address(*l.uri)
	if err != nil {
		return err
	}
	l.to = uri
	options := l.options
	parts := uri.Options()
	switch {
	case l.proxy != nil:
		text := *l.proxy
		if !strings.Contains(text.text, "://") {
			text.text = "coap://" + text.text
		}
		proxy, err := l.address(text)
		if err != nil {
			return err
		}
		if len(proxy.Path)+len(proxy.Query) > 0 {
			return &CommandError{text.offset, "--proxy is the address of a proxy, without path and query"}
		}
		l.to = proxy
		options = options.Set(protocol.ProxyScheme, []byte(proxy.Scheme))
		parts = parts.Set(protocol.URIHost, []byte(uri.Host))
		authority, _, _ := strings.Cut(strings.SplitN(l.uri.text, "://", 2)[1], "/")
		if at := strings.LastIndexByte(authority, ':'); at > strings.LastIndexByte(authority, ']') && at+1 < len(authority) {
			parts = parts.SetUint(protocol.URIPort, uint64(uri.Port))
		}
	case !l.host && parts.Has(protocol.URIHost):
		parts = parts.Without(protocol.URIHost)
	}
	for _, o := range parts {
		options = options.Add(o.Number, o.Value)
	}
	l.message.Options = options
	return l.body()
}

// body takes --payload. Where the format is CBOR, its text is diagnostic notation.
func (l *aiocoapLine) body() error {
	if l.payload == nil || l.payload.text == "" {
		return nil
	}
	w := *l.payload
	if name, ok := strings.CutPrefix(w.text, "@"); ok {
		if name == "-" || name == "/dev/stdin" {
			return l.standardInput(w)
		}
		if name == "" {
			return &CommandError{w.offset, "@ names no file"}
		}
		l.file = name
		return nil
	}
	l.message.Payload = []byte(w.text)
	if f, ok := l.message.ContentFormat(); ok {
		if info, _ := f.Info(); strings.Contains(info.MediaType, "cbor") && !strings.Contains(info.MediaType, "seq") {
			data, err := payload.EncodeDiagnostic(w.text)
			if err != nil {
				return &CommandError{w.offset, fmt.Sprintf("the payload is no diagnostic notation of CBOR: %v", err)}
			}
			l.message.Payload = data
		}
	}
	if !utf8.ValidString(w.text) {
		return &CommandError{w.offset, "aiocoap-client takes text that is UTF-8 as a payload, or a file"}
	}
	return nil
}

// aiocoapMethod reads a method by name or number.
func aiocoapMethod(text string) (protocol.Code, bool) {
	if n, err := strconv.ParseUint(text, 10, 8); err == nil {
		return protocol.Code(n), protocol.Code(n).IsRequest()
	}
	all := protocol.Codes()
	i := slices.IndexFunc(all, func(c protocol.CodeInfo) bool {
		return c.Code.IsRequest() && strings.EqualFold(c.Code.Short(), text)
	})
	if i < 0 {
		return 0, false
	}
	return all[i].Code, true
}

// aiocoapFormat reads a content format by number or media type.
func aiocoapFormat(text string) (protocol.ContentFormat, bool) {
	if n, err := strconv.ParseUint(text, 10, 16); err == nil {
		return protocol.ContentFormat(n), true
	}
	if strings.EqualFold(text, "text/plain") {
		return protocol.TextPlain, true
	}
	all := protocol.ContentFormats()
	close := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }
	i := slices.IndexFunc(all, func(row protocol.ContentFormatInfo) bool {
		return row.Coding == "" && close(row.MediaType) == close(text)
	})
	if i < 0 {
		return 0, false
	}
	return all[i].Number, true
}

package snippet

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"coapscope/protocol"
)

// The options of coap-client that have a value, as of libcoap 4.3.5, and those that have none. -S had one until
// then.
const (
	coapValued = "abcdefghjklmopqstuvyABCEGHJKLMOPRTVX"
	coapPlain  = "nrwxzNUY23"
)

// coapNames are the media types that -t and -A know, of which the beginning is enough.
var coapNames = []struct {
	format protocol.ContentFormat
	name   string
}{
	{0, "plain"},
	{0, "text/plain"},
	{40, "link"},
	{40, "link-format"},
	{40, "application/link-format"},
	{41, "xml"},
	{41, "application/xml"},
	{42, "binary"},
	{42, "octet-stream"},
	{42, "application/octet-stream"},
	{47, "exi"},
	{47, "application/exi"},
	{50, "json"},
	{50, "application/json"},
	{60, "cbor"},
	{60, "application/cbor"},
}

// coapLine is a line of coap-client while it is read.
type coapLine struct {
	*asked
	uri     *word
	proxy   *protocol.URI
	scheme  bool // Proxy-Scheme was written
	plain   bool // -U
	tcp     bool
	block   *protocol.Block
	blockAt word
}

// readCoap reads the words behind the program as getopt and coap-client do.
func (a *asked) readCoap(words []word) error {
	l := &coapLine{asked: a}
	a.message.Code, a.repeat = protocol.GET, 1
	ended := false
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case ended || len(w.text) < 2 || w.text[0] != '-':
			if l.uri != nil {
				a.note("%q is left out: one URI is asked for", w.text)
				continue
			}
			l.uri = &words[i]
			continue
		case w.text == "--":
			ended = true
			continue
		}
		for at := 1; at < len(w.text); at++ {
			flag := w.text[at]
			switch {
			case strings.IndexByte(coapPlain, flag) >= 0:
				l.flag(flag)
				continue
			case strings.IndexByte(coapValued, flag) < 0 && flag != 'S':
				return &CommandError{w.offset, fmt.Sprintf("coap-client has no option -%c", flag)}
			}
			value := word{w.text[at+1:], w.offset}
			if value.text == "" {
				if i++; i == len(words) {
					if flag == 'S' {
						l.flag(flag)
						break
					}
					return &CommandError{w.offset, fmt.Sprintf("-%c has no value", flag)}
				}
				value = words[i]
			}
			if flag == 'S' && strings.Contains(value.text, "://") { // the one of libcoap 4.3.5, which has no value
				l.flag(flag)
				i--
				break
			}
			if err := l.valued(flag, value); err != nil {
				return err
			}
			break
		}
	}
	return l.end(words)
}

func (l *coapLine) flag(flag byte) {
	switch flag {
	case 'N':
		l.message.Type = protocol.NonConfirmable
	case 'U':
		l.plain = true
	case 'r':
		l.tcp = true
	case 'w', 'x', '2', '3':
		l.note("-%c is left out: it is about the program's output or keys", flag)
	default:
		l.note("-%c is left out", flag)
	}
}

func (l *coapLine) valued(flag byte, w word) error {
	bad := func(format string, args ...any) error { return &CommandError{w.offset, fmt.Sprintf(format, args...)} }
	switch flag {
	case 'm':
		for code, name := range coapMethods {
			if strings.EqualFold(name, w.text) {
				l.message.Code = code
				return nil
			}
		}
		return bad("coap-client knows no method %q: get, post, put, delete, fetch, patch and ipatch", w.text)
	case 't', 'A':
		n := protocol.ContentFormatOption
		if flag == 'A' {
			n = protocol.Accept
		}
		f, ok := coapFormat(w.text)
		if !ok {
			return bad("coap-client knows no media type %q; write its number", w.text)
		}
		l.options = l.options.AddUint(n, uint64(f))
	case 'O':
		return l.option(w)
	case 'e':
		data, at := unpercent(w.text)
		if at >= 0 {
			return bad("%q has a percent sign without two hex digits behind it at %d: coap-client sends no payload then; a percent sign itself is %%25", w.text, at)
		}
		l.message.Payload, l.file = data, ""
	case 'f', 'g':
		if w.text == "-" {
			return l.standardInput(w)
		}
		l.message.Payload, l.file = nil, w.text
	case 'T':
		l.token = nextToken(w.text)
	case 'b':
		b, err := coapBlock(w.text)
		if err != nil {
			return bad("-b %v", err)
		}
		l.block, l.blockAt = &b, w
	case 'B':
		if n, err := strconv.ParseUint(w.text, 10, 16); err == nil && n > 0 {
			l.timeout = fmt.Sprintf("%ds", n)
			return nil
		}
		return bad("-B is a number of seconds, not %q", w.text)
	case 's':
		l.options = l.options.Set(protocol.Observe, nil)
		l.note("-s %s: it is observed until you stop", w.text)
	case 'G':
		n, err := strconv.ParseUint(w.text, 10, 8)
		if err != nil || n == 0 {
			return bad("-G is a number from 1 to 255, not %q", w.text)
		}
		if l.repeat = int(n); n > 1 {
			l.note("it is sent %d times, a second apart", n)
		}
	case 'H':
		n, err := strconv.ParseUint(w.text, 10, 8)
		if err != nil || n == 0 {
			return bad("-H is a number from 1 to 255, not %q", w.text)
		}
		l.options = l.options.AddUint(protocol.HopLimit, n)
	case 'P':
		u, err := l.address(w)
		if err != nil {
			return err
		}
		if len(u.Path) > 0 || len(u.Query) > 0 {
			return bad("-P is the address of a proxy, without path and query")
		}
		l.proxy = &u
	case 'k', 'u', 'h', 'c', 'j', 'C', 'J', 'M', 'R', 'S', 'E':
		l.note("-%c is left out: keys are no part of a request", flag)
	default:
		l.note("-%c %s is left out", flag, w.text)
	}
	return nil
}

// option reads the value of -O: a number, a comma, and a text, or hex behind 0x.
func (l *coapLine) option(w word) error {
	number, text, _ := strings.Cut(w.text, ",")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return &CommandError{w.offset, fmt.Sprintf("-O is a number from 0 to 65535, a comma and a value, not %q", w.text)}
	}
	value := []byte(text)
	if digits, ok := strings.CutPrefix(text, "0x"); ok {
		if value, err = hex.DecodeString(digits); err != nil {
			return &CommandError{w.offset, fmt.Sprintf("%q is not hex with two digits a byte", text)}
		}
	}
	number16 := protocol.OptionNumber(n)
	if number16 == protocol.ProxyScheme {
		l.scheme = true
	}
	l.options = l.options.Add(number16, value)
	return nil
}

// end puts together what the flags have said.
func (l *coapLine) end(words []word) error {
	if l.uri == nil {
		at := 0
		if len(words) > 0 {
			at = words[len(words)-1].offset
		}
		return &CommandError{at, "the line has no URI"}
	}
	uri, err := l.address(*l.uri)
	whole := l.proxy != nil && !l.scheme
	if err != nil && (!whole || !strings.Contains(l.uri.text, "://")) {
		return err
	}
	if l.tcp && (uri.Scheme == protocol.CoAP || uri.Scheme == protocol.CoAPS) {
		port := uri.Port == uri.Scheme.DefaultPort()
		uri.Scheme += "+tcp"
		if port {
			uri.Port = uri.Scheme.DefaultPort()
		}
	}
	l.to = uri
	if l.proxy != nil {
		l.to = *l.proxy
	}
	var parts protocol.Options
	if whole {
		parts = protocol.Options{{Number: protocol.ProxyURI, Value: []byte(l.uri.text)}}
	} else {
		parts = uri.Options()
		if l.plain {
			parts = parts.Without(protocol.URIHost)
		} else if uri.Port != uri.Scheme.DefaultPort() {
			parts = parts.AddUint(protocol.URIPort, uint64(uri.Port))
		}
		if l.options.Has(protocol.URIHost) {
			parts = parts.Without(protocol.URIHost)
		}
	}
	options := l.options
	if has(append(parts.Clone(), options...), protocol.ProxyURI, protocol.ProxyScheme) && !options.Has(protocol.HopLimit) {
		options = options.AddUint(protocol.HopLimit, 16)
	}
	for _, o := range parts {
		options = options.Add(o.Number, o.Value)
	}
	l.message.Options = options
	return l.blocks()
}

// blocks takes -b: the size of blocks, or a single block of the response.
func (l *coapLine) blocks() error {
	b := l.block
	if first, ok := l.message.Options.Block(protocol.Block1); ok && first.Num == 0 && (l.file != "" || len(l.message.Payload) > first.Size()) {
		l.message.Options = l.message.Options.Without(protocol.Block1) // the size of blocks that are to follow
		l.blockSize = first.Size()
	}
	switch {
	case b == nil:
	case b.Num > 0 && (l.message.Code == protocol.GET || l.message.Code == protocol.FETCH) && l.file == "" && len(l.message.Payload) <= b.Size():
		l.message.Options = l.message.Options.Add(protocol.Block2, b.Value())
	case b.Num > 0:
		return &CommandError{l.blockAt.offset, "a block other than 0 can be the first of a response to GET and FETCH only"}
	default:
		l.blockSize = b.Size()
		if l.file == "" && l.message.Code != protocol.GET && len(l.message.Payload) <= b.Size() {
			l.note("coap-client names the block size %d although one message is enough", b.Size())
		}
	}
	return nil
}

// coapFormat reads a content format as -t and -A do.
func coapFormat(text string) (protocol.ContentFormat, bool) {
	if text != "" && text[0] >= '0' && text[0] <= '9' {
		end := 0
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		n, err := strconv.ParseUint(text[:end], 10, 16)
		return protocol.ContentFormat(n), err == nil && end == len(text)
	}
	for _, row := range coapNames {
		if text != "" && strings.HasPrefix(row.name, text) {
			return row.format, true
		}
	}
	return 0, false
}

// coapBlock reads the value of -b.
func coapBlock(text string) (protocol.Block, error) {
	first, size, ok := strings.Cut(text, ",")
	if !ok {
		first, size = "0", text
	}
	num, err1 := strconv.ParseUint(first, 10, 16)
	n, err2 := strconv.Atoi(size)
	if err1 != nil || err2 != nil || n < 16 || n > 1024 || n&(n-1) != 0 {
		return protocol.Block{}, fmt.Errorf("is a size of 16, 32, 64, 128, 256, 512 or 1024, perhaps with the number of a block and a comma before it, not %q", text)
	}
	return protocol.Block{Num: uint32(num), SZX: protocol.SZXFor(n)}, nil
}

// nextToken gives the token that -T makes coap-client send: it counts on from the bytes, of which there are eight at most.
func nextToken(text string) []byte {
	if text == "" {
		return nil
	}
	var v uint64
	for i := range min(len(text), 8) {
		v = v<<8 | uint64(text[i])
	}
	return protocol.EncodeUint(v + 1)
}

// unpercent undoes percent-encoding. at is where it is wrong; -1 for nowhere.
func unpercent(text string) (data []byte, at int) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' {
			if i+2 >= len(text) {
				return nil, i
			}
			v, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
			if err != nil {
				return nil, i
			}
			c = byte(v)
			i += 2
		}
		data = append(data, c)
	}
	return data, -1
}

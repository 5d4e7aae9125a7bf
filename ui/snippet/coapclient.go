package snippet

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"coapscope/protocol"
)

// coapMethods are the names that coap-client takes for methods. Another name makes it send an unknown one.
var coapMethods = map[protocol.Code]string{
	protocol.GET: "get", protocol.POST: "post", protocol.PUT: "put", protocol.DELETE: "delete",
	protocol.FETCH: "fetch", protocol.PATCH: "patch", protocol.IPATCH: "ipatch",
}

const (
	coapParts   = 90   // bytes of path or query that coap-client takes apart for sure; its buffer has 100
	coapPayload = 1024 // bytes of a payload that it does not cut of its own accord
	coapObserve = 60   // seconds that a written line observes
)

// writeCoapClient writes a line for the client of libcoap.
func writeCoapClient(r *request) (string, error) {
	const program = "coap-client"
	switch {
	case r.ping():
		return "", errPing(program)
	case r.raw:
		return "", errRaw(program)
	case coapMethods[r.code] == "":
		return "", fmt.Errorf("coap-client has no name for the method %s", r.code.Dotted())
	}
	var l line
	var notes []string
	l.add(program, "-m", coapMethods[r.code])
	if r.kind == protocol.NonConfirmable {
		l.add("-N")
	}
	if r.fixed || r.token.Len() > 0 {
		if text, ok := tokenSeed(r.token.Bytes()); ok {
			if text != "" {
				l.add("-T", text)
			}
		} else {
			notes = append(notes, fmt.Sprintf("the token is another: coap-client cannot begin with %s", tokenName(r.token)))
		}
	}
	uri, options := r.uri(r.to, func(_ protocol.OptionNumber, parts []string) bool {
		size := 0
		for _, p := range parts {
			size += 2 + len(p)
		}
		return size <= coapParts
	})
	inParts := options.Has(protocol.ProxyScheme)
	if has(options, protocol.ProxyURI, protocol.ProxyScheme) && !options.Has(protocol.HopLimit) {
		notes = append(notes, "coap-client adds Hop-Limit 16 to what a proxy is asked (RFC 8768)")
	}
	if host, _ := options.First(protocol.URIHost); !impliedHost(r.to, host, options) || inParts {
		l.add("-U")
	} else {
		options = options.Without(protocol.URIHost)
	}
	if err := coapOptions(&l, r, options); err != nil {
		return "", err
	}
	if inParts {
		// Behind Proxy-Scheme, which sets the port of the proxy to the default.
		proxy, err := coapHost(r.to)
		if err != nil {
			return "", err
		}
		l.add("-P", proxy)
		uri.Host, uri.Port = r.target.Host, r.target.Port
	}
	if r.timeout > 0 {
		l.add("-B", strconv.Itoa(int((r.timeout+time.Second-1)/time.Second)))
	}
	switch {
	case !r.cut && len(r.payload) > coapPayload:
		notes = append(notes, "coap-client sends this payload in blocks, not in one message")
	case r.blockSize == 0 || !r.cut && r.file == "":
	case r.code == protocol.FETCH || r.code == protocol.DELETE:
		// -b is the size of the response's blocks, or nothing, with these.
		l.add("-O", fmt.Sprintf("%d,0x%x", protocol.Block1, protocol.Block{SZX: protocol.SZXFor(r.blockSize)}.Value()))
	default:
		l.add("-b", strconv.Itoa(r.blockSize))
	}
	if r.file != "" && r.blockSize > 0 {
		notes = append(notes, "coap-client writes Block1 also if the file fits one block")
	}
	if r.qblock {
		notes = append(notes, "the blocks are those of RFC 7959, not Q-Block")
	}
	switch {
	case r.file == "-":
		l.add("-f", "./-")
	case r.file != "":
		l.add("-f", r.file)
	case len(r.payload) > 0:
		text := percent(r.payload)
		if len(text) > maxArgument {
			return "", errTooLong
		}
		l.add("-e", text)
	}
	host, err := coapHost(uri)
	if err != nil {
		return "", err
	}
	pathQuery := uri.PathQuery()
	if len(uri.Path)+len(uri.Query) == 0 {
		pathQuery = ""
	}
	l.add(host + pathQuery)
	if l.err != nil {
		return "", l.err
	}
	return withNotes("#", notes, l.String()), nil
}

// impliedHost tells whether coap-client makes the Uri-Host that there is, and nothing else, of the URI by itself.
func impliedHost(to protocol.URI, host []byte, options protocol.Options) bool {
	want := to.Host
	if _, ip := to.Addr(); ip {
		want = ""
	}
	return to.Port == to.Scheme.DefaultPort() && string(host) == want && options.Has(protocol.URIHost) == (want != "") && !options.Has(protocol.URIPort)
}

// coapHost writes the URI of a host for libcoap, which knows no percent-encoding there.
func coapHost(u protocol.URI) (string, error) {
	host := u.Host
	if addr, ok := u.Addr(); ok && addr.Is6() {
		host = "[" + host + "]"
	} else if !bare(host) || strings.ContainsAny(host, "%@:,/=+") {
		return "", fmt.Errorf("coap-client takes no such host: %q", u.Host)
	}
	if u.Port != u.Scheme.DefaultPort() {
		host += ":" + strconv.Itoa(int(u.Port))
	}
	return string(u.Scheme) + "://" + host, nil
}

// coapOptions adds the options that the URI does not make.
func coapOptions(l *line, r *request, options protocol.Options) error {
	blocks := has(options, protocol.Block1, protocol.QBlock1, protocol.QBlock2)
	if err := libcoapRepeats(options); err != nil {
		return err
	}
	for i, o := range options {
		one := named(options, i)
		switch o.Number {
		case protocol.Accept, protocol.ContentFormatOption:
			if f, ok := formatOf(o.Value); ok {
				flag := "-t"
				if o.Number == protocol.Accept {
					flag = "-A"
				}
				l.add(flag, strconv.Itoa(int(f)))
				continue
			}
		case protocol.Observe:
			if one && len(o.Value) == 0 {
				l.add("-s", strconv.Itoa(coapObserve))
				continue
			}
		case protocol.HopLimit:
			if v, ok := canonical(o.Value); one && ok && v > 0 && v < 256 {
				l.add("-H", strconv.Itoa(int(v)))
				continue
			}
		case protocol.Block2:
			b, ok := protocol.DecodeBlock(o.Value)
			small := len(r.payload) == 0 && r.file == "" && (r.code == protocol.GET || r.code == protocol.FETCH)
			if one && !blocks && small && ok && !b.More && b.SZX < 7 && string(b.Value()) == string(o.Value) {
				text := strconv.Itoa(b.Size())
				if b.Num > 0 && b.Num <= 0xffff {
					text = fmt.Sprintf("%d,%s", b.Num, text)
				}
				if b.Num <= 0xffff {
					l.add("-b", text)
					continue
				}
			}
		case protocol.Block1:
			b, ok := protocol.DecodeBlock(o.Value)
			if ok && (b.More || b.Num > 0 || len(r.payload) > b.Size()) || !ok {
				return errors.New("coap-client cuts a payload into blocks itself, and sends no single one of them")
			}
		}
		value := string(o.Value)
		if !isText(value) || strings.HasPrefix(value, "0x") {
			value = "0x" + hex.EncodeToString(o.Value)
		}
		l.add("-O", fmt.Sprintf("%d,%s", o.Number, value))
	}
	return nil
}

// libcoapRepeats says why libcoap does not send the options: it leaves out the second of those that may stand once.
func libcoapRepeats(options protocol.Options) error {
	for i, o := range options {
		info := o.Number.Lookup(protocol.GET)
		if i > 0 && options[i-1].Number == o.Number && info != nil && info.Repeatable&protocol.InRequest == 0 {
			return fmt.Errorf("libcoap sends the option %d %s only once", o.Number, o.Number)
		}
	}
	return nil
}

// tokenSeed gives what -T has to be for that token: coap-client takes the bytes for a number and sends the next one.
// Empty means that it is the first that is sent without -T. False where there is nothing like it: an argument has no NUL, and the number
// no zeros in front.
func tokenSeed(token []byte) (string, bool) {
	if len(token) == 0 || len(token) > 8 || token[0] == 0 {
		return "", false
	}
	var v uint64
	for _, c := range token {
		v = v<<8 | uint64(c)
	}
	seed := protocol.EncodeUint(v - 1)
	for _, c := range seed {
		if c == 0 {
			return "", false
		}
	}
	if _, err := quote(string(seed)); err != nil {
		return "", false
	}
	return string(seed), true
}

// tokenName writes a token for a comment.
func tokenName(t protocol.Token) string {
	if t.Len() == 0 {
		return "an empty one"
	}
	if s := t.String(); len(s) <= 32 {
		return s
	}
	return fmt.Sprintf("one of %d bytes", t.Len())
}

// percent writes a payload as -e takes it: what cannot be seen is percent-encoded.
func percent(b []byte) string {
	var s strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n <= 1 || !unicode.IsPrint(r) || r == '%' {
			for _, c := range b[:n] {
				fmt.Fprintf(&s, "%%%02X", c)
			}
		} else {
			s.Write(b[:n])
		}
		b = b[n:]
	}
	return s.String()
}

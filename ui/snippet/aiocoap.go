package snippet

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"coapscope/protocol"
)

// aiocoapMethods are the names that all versions of aiocoap-client know. Others it takes as numbers.
var aiocoapMethods = map[protocol.Code]string{
	protocol.GET: "GET", protocol.POST: "POST", protocol.PUT: "PUT", protocol.DELETE: "DELETE",
	protocol.FETCH: "FETCH", protocol.PATCH: "PATCH",
}

// writeAiocoap writes a line for the client of aiocoap.
func writeAiocoap(r *request) (string, error) {
	const program = "aiocoap-client"
	switch {
	case r.ping():
		return "", errPing(program)
	case r.raw:
		return "", errRaw(program)
	case !r.code.IsRequest():
		return "", fmt.Errorf("aiocoap-client sends requests only, and %s is none", r.code.Dotted())
	}
	var l line
	var notes []string
	l.add(program)
	if r.kind == protocol.NonConfirmable {
		l.add("--non")
	}
	method := aiocoapMethods[r.code]
	if method == "" {
		method = strconv.Itoa(int(r.code))
	}
	l.add("-m", method)
	uri, options := r.uri(r.to, aiocoapParts)
	options, err := aiocoapProxy(&l, r, &uri, options, &notes)
	if err != nil {
		return "", err
	}
	if options, err = aiocoapHost(&l, uri, options); err != nil {
		return "", err
	}
	for i, o := range options {
		f, ok := formatOf(o.Value)
		ok = ok && named(options, i)
		switch {
		case o.Number == protocol.Accept && ok:
			l.add("--accept", strconv.Itoa(int(f)))
		case o.Number == protocol.ContentFormatOption && ok:
			l.add("--content-format", strconv.Itoa(int(f)))
		case o.Number == protocol.Observe && r.observes():
			l.add("--observe")
		case o.Number == protocol.Block2 && len(o.Value) == 1 && o.Value[0] < 7 && named(options, i):
			notes = append(notes, "aiocoap-client asks for no block size of the response")
		default:
			return "", fmt.Errorf("aiocoap-client cannot write the option %d %s; a Python program with aiocoap can", o.Number, o.Number)
		}
	}
	if r.fixed || r.token.Len() > 0 {
		notes = append(notes, "aiocoap-client chooses the token itself")
	}
	if r.blockSize > 0 && r.blockSize != coapPayload && (r.cut || r.file != "") {
		l.add("--payload-initial-szx", strconv.Itoa(bits.TrailingZeros(uint(r.blockSize))-4))
	}
	if !r.cut && len(r.payload) > coapPayload {
		notes = append(notes, "aiocoap-client sends this payload in blocks, not in one message")
	}
	if r.qblock {
		notes = append(notes, "the blocks are those of RFC 7959, not Q-Block")
	}
	stdin, err := aiocoapPayload(&l, r)
	if err != nil {
		return "", err
	}
	l.add(aiocoapURI(uri, r.options.Has(protocol.ProxyScheme)))
	if l.err != nil {
		return "", l.err
	}
	return withNotes("#", notes, stdin+l.String()), nil
}

// aiocoapParts tells whether aiocoap makes these options of a URI: it takes them for UTF-8.
func aiocoapParts(_ protocol.OptionNumber, parts []string) bool {
	return !slices.ContainsFunc(parts, func(p string) bool { return !utf8.ValidString(p) })
}

// aiocoapProxy has a proxy be asked, which aiocoap-client does by Proxy-Scheme. It gives the options that remain.
func aiocoapProxy(l *line, r *request, uri *protocol.URI, options protocol.Options, notes *[]string) (protocol.Options, error) {
	inParts, scheme := r.single(protocol.ProxyScheme)
	text, whole := r.single(protocol.ProxyURI)
	if !scheme && !whole {
		return options, nil
	}
	proxy := r.to
	proxy.Path, proxy.Query = nil, nil
	l.add("--proxy", strings.TrimSuffix(proxy.String(), "/"))
	if whole {
		target, err := protocol.ParseURI(string(text))
		if err != nil {
			return nil, fmt.Errorf("aiocoap-client cannot ask a proxy for %q: %w", text, err)
		}
		*notes = append(*notes, "aiocoap-client asks the proxy by Proxy-Scheme and Uri options, not by Proxy-Uri")
		*uri = target
		return options.Without(protocol.ProxyURI), nil
	}
	// The port is written, though it may be the default: so it becomes an option, as it is one here.
	host, one := r.single(protocol.URIHost)
	port, two := r.single(protocol.URIPort)
	p, ok := canonical(port)
	if !one || !two || !ok || p == 0 || p > 0xffff || string(inParts) != string(r.to.Scheme) || !plainHost(string(host)) {
		return nil, fmt.Errorf("aiocoap-client asks a proxy by Proxy-Scheme %s with Uri-Host and Uri-Port only; a Python program with aiocoap can do this", r.to.Scheme)
	}
	uri.Host, uri.Port = string(host), uint16(p)
	return options.Without(protocol.ProxyScheme).Without(protocol.URIHost).Without(protocol.URIPort), nil
}

// plainHost tells whether a host is the same in a URI and in Uri-Host.
func plainHost(host string) bool {
	return bare(host) && !strings.ContainsAny(host, "%@:,/=+[]") && host == strings.ToLower(host)
}

// aiocoapHost has Uri-Host be as it is. It gives the options that remain.
func aiocoapHost(l *line, uri protocol.URI, options protocol.Options) (protocol.Options, error) {
	host, one := options.First(protocol.URIHost)
	_, ip := uri.Addr()
	switch {
	case one && !ip && string(host) == uri.Host:
		return options.Without(protocol.URIHost), nil
	case one:
		return nil, fmt.Errorf("aiocoap-client cannot write a Uri-Host, %q, that is not the host it sends to; a Python program with aiocoap can", host)
	case !ip && !slices.Contains(l.words, "--proxy"):
		l.add("--no-set-hostname")
	}
	return options, nil
}

// aiocoapURI writes the URI, with a port also where it is the default if that has to become an option.
func aiocoapURI(u protocol.URI, port bool) string {
	if !port || u.Port != u.Scheme.DefaultPort() {
		return u.String()
	}
	host := u
	host.Path, host.Query = nil, nil
	return fmt.Sprintf("%s:%d%s", strings.TrimSuffix(host.String(), "/"), u.Port, u.PathQuery())
}

// aiocoapPayload has the payload be sent. It gives what the line has to read it from, as a command before a bar.
func aiocoapPayload(l *line, r *request) (stdin string, err error) {
	text := string(r.payload)
	recoded := false // aiocoap-client reads diagnostic notation where the format is CBOR
	if f, ok := r.options.First(protocol.ContentFormatOption); ok {
		v, _ := protocol.DecodeUint(f)
		info, known := protocol.ContentFormat(v).Info()
		recoded = !known || strings.Contains(info.MediaType, "cbor")
	}
	switch {
	case r.file == "-": // which would be standard input
		l.add("--payload=@./-")
	case r.file != "":
		l.add("--payload=@" + r.file)
	case text == "":
	case isText(text) && text[0] != '@' && !recoded:
		if text[0] == '-' {
			l.add("--payload=" + text)
		} else {
			l.add("--payload", text)
		}
	default:
		stdin = "printf '" + octal(r.payload) + "' | "
		if len(stdin) > maxArgument {
			return "", errTooLong
		}
		l.add("--payload", "@/dev/stdin")
	}
	return stdin, nil
}

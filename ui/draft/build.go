package draft

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/payload"
	"coapscope/session"
)

// Built is what a draft becomes. With a problem, nothing of it may be sent.
type Built struct {
	// URI is what is asked for.
	URI protocol.URI
	// Destination is where the request goes: the endpoint of URI, or the proxy. Its path means nothing.
	Destination protocol.URI
	// Request has everything but To, and Body where the payload is in a file.
	Request session.Request
	// File is the name of the file whose content is the payload; empty for none.
	File string
	// Multicast tells that it goes to a multicast address: once, Non-confirmable (RFC 7252 §8.1), for any number of answers.
	Multicast bool
	// Raw is the datagram to send as it is instead of Request; nil for none.
	Raw      []byte
	Problems []Problem

	// Own tells for each option of the message which option of the draft it is; -1 for one that the address makes.
	Own []int
}

// Ping tells whether the draft is an Empty message, which is sent as a ping (RFC 7252 §4.3).
func (b *Built) Ping() bool { return b.Request.Message.Code == protocol.Empty && b.Raw == nil }

// Build makes the request of a draft: paths go to the host of base, variables have the values that lookup gives.
func (d *Draft) Build(base protocol.URI, lookup Lookup) Built {
	b := builder{lookup: lookup}
	b.Request.Message.Type, b.Request.Message.Code = d.Type, d.Method
	if d.Raw != "" {
		b.raw(d.Raw)
	}
	b.address(d, base)
	b.options(d)
	b.body(d)
	s := d.Settings
	for _, text := range []struct {
		field Field
		text  *string
	}{
		{TokenField, &s.Token},
		{MessageIDField, &s.MessageID},
		{AckTimeoutField, &s.AckTimeout},
		{RandomField, &s.AckRandomFactor},
		{RetransmitField, &s.MaxRetransmit},
		{NStartField, &s.NStart},
		{ProbingField, &s.ProbingRate},
		{TimeoutField, &s.Timeout},
		{RequestTagField, &s.RequestTag},
		{AgainField, &s.Again},
	} {
		*text.text, _ = b.expand(text.field, -1, *text.text)
	}
	b.group(d)
	s.apply(&b.Request, func(f Field, err error) { b.problem(f, -1, err) })
	if d.Method == protocol.Empty && b.Raw == nil && (len(b.Own) > 0 || len(b.Request.Message.Payload) > 0 || b.File != "") {
		b.problem(OptionField, -1, errEmptyCode)
	}
	return b.Built
}

type builder struct {
	Built
	lookup Lookup
}

// problem notes what is wrong, with its place in the text where the error has one.
func (b *builder) problem(f Field, option int, err error) {
	p := Problem{Where: f, Option: option, Offset: -1, Text: err.Error()}
	var syntax *payload.SyntaxError
	var uri *protocol.URIError
	var variable *VariableError
	switch {
	case errors.As(err, &syntax):
		p.Offset = syntax.Offset
	case errors.As(err, &uri):
		p.Offset = uri.Offset
	case errors.As(err, &variable):
		p.Offset = variable.Offset
	}
	b.Problems = append(b.Problems, p)
}

// expand replaces variables, and notes the one that has no value.
func (b *builder) expand(f Field, option int, text string) (string, bool) {
	expanded, err := Expand(text, b.lookup)
	if err != nil {
		b.problem(f, option, err)
		return "", false
	}
	return expanded, true
}

func (b *builder) raw(text string) {
	expanded, ok := b.expand(RawField, -1, text)
	if !ok {
		return
	}
	data, err := payload.ParseHex(expanded)
	switch {
	case err != nil:
		b.problem(RawField, -1, err)
	case len(data) == 0:
		b.problem(RawField, -1, errors.New("there is no byte to send"))
	default:
		b.Raw = data
	}
}

func (b *builder) address(d *Draft, base protocol.URI) {
	text, ok := b.expand(AddressField, -1, d.Address)
	if !ok {
		return
	}
	if d.Group != "" {
		text = strings.TrimSpace(text)
		if text == "" {
			text = "/"
		}
		if text[0] != '/' && text[0] != '?' {
			b.problem(AddressField, -1, fmt.Errorf("the request goes to the group %s: write a path only, such as /%s, or choose no group", d.Group, path.Base(text)))
			return
		}
	}
	uri, err := ParseAddress(text, base)
	if err != nil {
		b.problem(AddressField, -1, err)
		return
	}
	b.URI, b.Destination = uri, uri
	proxy, ok := b.expand(ProxyField, -1, d.Proxy)
	if !ok {
		return
	}
	if strings.TrimSpace(proxy) != "" {
		if b.Destination, err = ParseAddress(proxy, base); err != nil {
			b.problem(ProxyField, -1, err)
			return
		}
		make := uri.ProxyURI
		if d.ProxyInParts {
			make = uri.ProxyScheme
		}
		if b.Request.Message.Options, err = make(); err != nil {
			b.problem(ProxyField, -1, err)
		}
	} else {
		if d.Method != protocol.Empty {
			b.Request.Message.Options = uri.Options()
		}
	}
	switch to := b.Destination; {
	case to.Scheme != protocol.CoAP:
		b.problem(AddressField, -1, fmt.Errorf("%s is not supported yet; coap is", to.Scheme))
	default:
		if addr, ok := to.Addr(); ok && addr.IsMulticast() {
			b.Multicast, b.Request.Message.Type = true, protocol.NonConfirmable
		}
	}
}

// options adds the options that the user wrote. One that may stand once only takes the place of that which the address
// makes: a Uri-Host other than the host that is sent to.
func (b *builder) options(d *Draft) {
	for _, o := range d.Options {
		if info := o.Number.Lookup(d.Method); !o.Off && info != nil && info.Repeatable&protocol.InRequest == 0 {
			b.Request.Message.Options = b.Request.Message.Options.Without(o.Number)
		}
	}
	for range b.Request.Message.Options {
		b.Own = append(b.Own, -1)
	}
	for i, o := range d.Options {
		if o.Off {
			continue
		}
		text, ok := b.expand(OptionField, i, o.Text)
		if !ok {
			continue
		}
		value, err := EncodeOption(o.Number, text)
		if err != nil {
			b.problem(OptionField, i, err)
			continue
		}
		at := len(b.Own)
		for at > 0 && b.Request.Message.Options[at-1].Number > o.Number {
			at--
		}
		b.Request.Message.Options = b.Request.Message.Options.Add(o.Number, value)
		b.Own = append(b.Own[:at:at], append([]int{i}, b.Own[at:]...)...)
	}
}

func (b *builder) body(d *Draft) {
	text, ok := b.expand(PayloadField, -1, d.Payload)
	if !ok {
		return
	}
	format := -1
	if f, ok := b.Request.Message.ContentFormat(); ok {
		format = int(f)
	}
	data, err := EncodePayload(d.Form, text, format)
	if err != nil {
		b.problem(PayloadField, -1, err)
		return
	}
	b.Request.Message.Payload = data
	if d.Form == File {
		b.File = strings.TrimSpace(text)
	}
}

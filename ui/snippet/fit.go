package snippet

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/protocol/payload"
	"coapscope/ui/draft"
)

// command gives the draft that makes the message which the line's program sends. Of the drafts that do, the one is
// taken that says it best: with a proxy as such, and with the payload readable. Uri-Host cannot be left out of a draft
// whose host is a name, so it may be there besides.
func (a *asked) command() (Command, error) {
	c := Command{Program: a.program, Repeat: a.repeat}
	want := a.message
	for _, named := range []bool{false, true} {
		for _, base := range a.bases() {
			if !a.complete(&base, want, named) {
				continue
			}
			if named {
				a.note("%s leaves out Uri-Host, which is sent here: write the address of %s as a number", a.program, a.to.Host)
			}
			c.Draft, c.Notes = base, a.notes
			return c, nil
		}
	}
	if a.file != "" {
		return c, &CommandError{0, "the line has an option with a value that is illegal, and a file besides: that cannot be one request here"}
	}
	want.Token = protocol.TokenOf(a.token)
	data, err := want.Append(nil)
	if err != nil {
		return c, &CommandError{0, fmt.Sprintf("there is no such message: %v", err)}
	}
	c.Draft = draft.Draft{Method: want.Code, Address: a.destination(), Type: want.Type, Raw: hex.EncodeToString(data)}
	a.note("an option has a value that is illegal, so these are the bytes as they are")
	c.Notes = a.notes
	return c, nil
}

// destination is where it goes, as text.
func (a *asked) destination() string {
	to := a.to
	to.Path, to.Query = nil, nil
	return strings.TrimSuffix(to.String(), "/")
}

// bases gives the drafts that come into question, without options and payload, the better in front.
func (a *asked) bases() (all []draft.Draft) {
	common := draft.Draft{Method: a.message.Code, Type: a.message.Type}
	common.BlockSize, common.Timeout = a.blockSize, a.timeout
	if len(a.token) > 0 {
		common.Token = hex.EncodeToString(a.token)
	}
	options := a.message.Options
	target := a.to
	target.Path, target.Query = options.Strings(protocol.URIPath), options.Strings(protocol.URIQuery)
	if len(target.Path) == 1 && target.Path[0] == "" {
		target.Path = nil
	}
	if text, ok := options.First(protocol.ProxyURI); ok {
		d := common
		d.Address, d.Proxy = string(text), a.destination()
		all = append(all, d)
	}
	if scheme, ok := options.First(protocol.ProxyScheme); ok {
		d := common
		asks := target
		asks.Scheme = protocol.Scheme(scheme)
		asks.Port = asks.Scheme.DefaultPort()
		if host, ok := options.First(protocol.URIHost); ok {
			asks.Host = strings.TrimSuffix(strings.TrimPrefix(string(host), "["), "]")
		}
		if port, ok := options.Uint(protocol.URIPort); ok {
			asks.Port = uint16(port)
		}
		d.Address, d.Proxy, d.ProxyInParts = asks.String(), a.destination(), true
		all = append(all, d)
	}
	d := common
	d.Address = target.String()
	return append(all, d)
}

// complete adds options and payload to a draft, and tells whether it makes the message then.
func (a *asked) complete(d *draft.Draft, want protocol.Message, named bool) bool {
	base := d.Build(protocol.URI{}, nil)
	for _, n := range numbers(want.Options) {
		values, made := all(want.Options, n), all(base.Request.Message.Options, n)
		if info := n.Lookup(want.Code); info != nil && info.Repeatable&protocol.InRequest == 0 {
			if slices.Equal(values, made) {
				continue
			}
			made = nil // takes their place
		}
		if len(made) > len(values) || !slices.Equal(made, values[:len(made)]) {
			return false
		}
		for _, v := range values[len(made):] {
			d.Options = append(d.Options, draft.Option{Number: n, Text: optionText(n, v)})
		}
	}
	if a.file != "" {
		d.Form, d.Payload = draft.File, a.file
		return a.makes(d, want, named)
	}
	for _, form := range forms(want) {
		d.Form, d.Payload = form.Form, form.text
		if a.makes(d, want, named) {
			return true
		}
	}
	return false
}

// makes tells whether the draft makes the message. That it cannot be sent from here, because of its scheme or
// because it goes to a group, does not matter. With named, Uri-Host may be there besides.
func (a *asked) makes(d *draft.Draft, want protocol.Message, named bool) bool {
	b := d.Build(protocol.URI{}, nil)
	if slices.ContainsFunc(b.Problems, func(p draft.Problem) bool { return p.Where != draft.AddressField }) {
		return false
	}
	m := b.Request.Message
	if named && !want.Options.Has(protocol.URIHost) {
		m.Options = m.Options.Without(protocol.URIHost)
	}
	same := func(a, b protocol.Option) bool { return a.Number == b.Number && string(a.Value) == string(b.Value) }
	return slices.EqualFunc(m.Options, want.Options, same) && string(m.Payload) == string(want.Payload) && b.File == a.file &&
		b.Destination.Host == a.to.Host && b.Destination.Port == a.to.Port && b.Destination.Scheme == a.to.Scheme
}

// numbers gives those that the options have, in order.
func numbers(options protocol.Options) (all []protocol.OptionNumber) {
	for _, o := range options {
		if len(all) == 0 || all[len(all)-1] != o.Number {
			all = append(all, o.Number)
		}
	}
	return all
}

// all gives the values of an option.
func all(options protocol.Options, n protocol.OptionNumber) (values []string) {
	for v := range options.All(n) {
		values = append(values, string(v))
	}
	return values
}

// optionText writes a value as an editor shows it.
func optionText(n protocol.OptionNumber, value string) string {
	info := n.Lookup(protocol.GET)
	if info != nil && info.Format == protocol.FormatString {
		return value // whatever bytes they are
	}
	if f, ok := formatOf([]byte(value)); ok && (n == protocol.Accept || n == protocol.ContentFormatOption) {
		return draft.ContentFormatText(f)
	}
	text := draft.OptionText(protocol.Option{Number: n, Value: []byte(value)})
	if v, ok := canonical([]byte(value)); ok && info != nil && info.Format == protocol.FormatUint {
		if b, err := draft.EncodeOption(n, text); err != nil || string(b) != value {
			return strconv.FormatUint(v, 10) // a block of a reserved size
		}
	}
	return text
}

// written is a payload in a form.
type written struct {
	draft.Form
	text string
}

// forms gives the forms that a payload may have, the better in front.
func forms(m protocol.Message) (all []written) {
	if len(m.Payload) == 0 {
		return []written{{draft.Text, ""}}
	}
	f, has := m.ContentFormat()
	info, _ := f.Info()
	if has && strings.Contains(info.MediaType, "cbor") {
		if text, err := payload.Diagnostic(m.Payload); err == nil {
			all = append(all, written{draft.Diagnostic, text})
		}
	}
	text := string(m.Payload)
	readable := utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool {
		return !unicode.IsPrint(r) && r != '\n' && r != '\t'
	}) < 0
	if readable {
		if has && f == protocol.JSON {
			all = append(all, written{draft.JSON, text})
		}
		all = append(all, written{draft.Text, text})
	}
	return append(all, written{draft.Hex, hex.EncodeToString(m.Payload)})
}

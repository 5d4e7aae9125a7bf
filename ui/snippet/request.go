package snippet

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"coapscope/protocol"
	"coapscope/session/blockwise"
	"coapscope/ui/draft"
)

// request is what was built as writers need it: what the first message has, and the whole payload.
type request struct {
	to      protocol.URI // where it goes; its path means nothing
	target  protocol.URI // what is asked for, of a proxy perhaps
	kind    protocol.Type
	code    protocol.Code
	options protocol.Options // without those that cutting into blocks adds
	payload []byte
	file    string // holds the payload instead

	cut       bool // the payload goes in blocks
	blockSize int  // of them, or of a file's; 0 for what the program likes

	token    protocol.Token
	fixed    bool // the token is the user's
	id       protocol.MessageID
	fixedID  bool
	timeout  time.Duration
	qblock   bool
	datagram []byte // the first message as it is; nil for what is in a file
	raw      bool   // there is only the datagram
}

// requestOf makes it. The first message is that of the engine.
func requestOf(b *draft.Built) (*request, error) {
	m := b.Request.Message
	r := &request{
		to: b.Destination, target: b.URI, kind: m.Type, code: m.Code, options: m.Options, payload: m.Payload, file: b.File,
		token: m.Token, fixed: b.Request.FixedToken, id: m.MessageID, fixedID: b.Request.FixedMessageID,
		timeout: b.Request.Timeout, qblock: b.Request.QBlock, blockSize: b.Request.BlockSize,
	}
	switch {
	case b.Raw != nil:
		r.raw, r.datagram = true, b.Raw
		return r, nil
	case b.Ping():
		var err error
		r.raw = true
		r.datagram, err = m.Append(nil)
		return r, err
	}
	q := b.Request
	if r.file != "" {
		q.Message.Payload = []byte{0} // that there is a payload is enough for the options
	}
	step := q.Transfer().Start()
	if failed, ok := step.(blockwise.Failed); ok {
		return nil, failed.Err
	}
	first := step.(blockwise.Send).Message
	first.Type = m.Type
	r.options = first.Options
	if r.file != "" {
		return r, nil
	}
	if first.Options.Has(protocol.Block1) && !m.Options.Has(protocol.Block1) {
		block, _ := first.Options.Block(protocol.Block1)
		r.cut, r.blockSize = true, block.Size()
		r.options = first.Options.Without(protocol.Block1)
		if !m.Options.Has(protocol.Size1) {
			r.options = r.options.Without(protocol.Size1)
		}
	}
	var err error
	if r.datagram, err = first.Append(nil); err != nil {
		return nil, fmt.Errorf("there is no such message: %w", err)
	}
	return r, nil
}

// ping tells whether the datagram is an Empty message.
func (r *request) ping() bool { return len(r.datagram) == 4 && r.datagram[1] == 0 }

// single gives the value of the option, if there is exactly one.
func (r *request) single(n protocol.OptionNumber) (value []byte, ok bool) {
	count := 0
	for v := range r.options.All(n) {
		value = v
		count++
	}
	return value, count == 1
}

// uri gives the URI with path and query for a program to take apart, and the options that remain. plain says what
// of path and query the program takes apart into the same options.
func (r *request) uri(host protocol.URI, plain func(protocol.OptionNumber, []string) bool) (protocol.URI, protocol.Options) {
	rest := r.options.Clone()
	host.Path, host.Query = nil, nil
	for _, n := range []protocol.OptionNumber{protocol.URIPath, protocol.URIQuery} {
		parts := r.options.Strings(n)
		switch {
		case len(parts) == 0 || len(parts) == 1 && parts[0] == "" || !plain(n, parts):
			continue
		case n == protocol.URIPath:
			host.Path = parts
		default:
			host.Query = parts
		}
		rest = rest.Without(n)
	}
	return host, rest
}

// observes tells whether the request registers for notifications.
func (r *request) observes() bool {
	v, ok := r.single(protocol.Observe)
	return ok && len(v) == 0
}

// formatOf reads the value of Accept or Content-Format; false for one that is longer than it has to be.
func formatOf(value []byte) (protocol.ContentFormat, bool) {
	v, ok := canonical(value)
	return protocol.ContentFormat(v), ok && v <= 0xffff
}

// canonical reads a number; false if it has zeros in front.
func canonical(value []byte) (uint64, bool) {
	v, ok := protocol.DecodeUint(value)
	return v, ok && bytes.Equal(protocol.EncodeUint(v), value)
}

// named tells which of the options is the only one of its number.
func named(options protocol.Options, at int) bool {
	n := options[at].Number
	return (at == 0 || options[at-1].Number != n) && (at+1 == len(options) || options[at+1].Number != n)
}

// has tells whether any of the options is of these numbers.
func has(options protocol.Options, numbers ...protocol.OptionNumber) bool {
	return slices.ContainsFunc(options, func(o protocol.Option) bool { return slices.Contains(numbers, o.Number) })
}

package view

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/payload"
	"coapscope/ui/draft"
)

// refused is for an answer that says no.
func (f *follower) refused() {
	m := &f.a.Message
	switch m.Code {
	case protocol.Unauthorized:
		if echo, ok := m.Options.First(protocol.Echo); ok {
			f.add("echo", "Send again with Echo", "Shows that the request is fresh by the value that the device gave (RFC 9175 §2.3)", f.send(func(d *draft.Draft) {
				d.Remove(protocol.Echo)
				d.SetOption(protocol.Echo, fmt.Sprintf("0x%x", echo))
				d.EchoByHand = true
			}))
		}
	case protocol.BadOption:
		f.leaveOut()
	case protocol.NotFound:
		root := f.q.uri
		root.Path, root.Query = []string{".well-known", "core"}, nil
		f.add("core", "What does it have?", "GET "+root.String()+" (RFC 6690 §4)", f.opens(root.String()))
	case protocol.MethodNotAllowed:
		f.otherMethods()
	case protocol.NotAcceptable:
		f.accept()
	case protocol.PreconditionFailed:
		f.add("open", "GET what it is now", "It is not as If-Match or If-None-Match asked for (RFC 7252 §5.10.8)", f.opens(f.q.uri.String()))
	case protocol.RequestEntityTooLarge:
		f.smaller()
	case protocol.UnsupportedContentFormat:
		if formats := f.formats(); len(formats) > 0 {
			f.add("formats", "It takes "+formatList(formats), "The ct that the resource is listed with; another Content-Format, or a Content-Encoding, was not understood (RFC 7252 §5.9.2.10)", nil)
		}
	case protocol.ServiceUnavailable, protocol.TooManyRequests:
		if m.Code == protocol.ServiceUnavailable && !m.Options.Has(protocol.MaxAge) {
			f.add("now", "Send again", "The device does not say how long it cannot serve (RFC 7252 §5.9.3.4)", f.send(func(*draft.Draft) {}))
			return
		}
		f.add("later", "Send again in "+waitText(f.a.MaxAge()), "Max-Age says how long the device wants to be left alone (RFC 7252 §5.9.3.4, RFC 8516 §4); it is sent by itself then", f.send(func(d *draft.Draft) { d.Impatient = false }))
		f.add("now", "Now all the same", "Does not wait for Max-Age", f.send(func(d *draft.Draft) { d.Impatient = true }))
	}
}

func waitText(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%d min", int(d.Minutes()))
}

// problemOption finds the options in problem details that were not processed: one, or an array (RFC 9290 §3.1.1).
var problemOption = regexp.MustCompile(`[{,] ?-8: ?\[?([0-9, ]+)`)

// leaveOut offers to leave out the critical options that the user wrote: those that the diagnostic payload names,
// else each (RFC 7252 §5.4.1).
func (f *follower) leaveOut() {
	said := " " + string(f.a.Message.Payload[:min(len(f.a.Message.Payload), 1024)]) + " "
	if notation, err := payload.Diagnostic(f.a.Message.Payload); err == nil {
		if found := problemOption.FindStringSubmatch(notation); found != nil {
			said = " " + found[1] + " "
		}
	}
	var named, others []Action
	for _, o := range f.q.draft.Options {
		n := o.Number
		id := "leave-out-" + strconv.Itoa(int(n))
		same := func(a Action) bool { return a.ID == id }
		if o.Off || !n.Critical() || slices.ContainsFunc(named, same) || slices.ContainsFunc(others, same) {
			continue
		}
		action := Action{ID: id, Title: "Leave out " + n.String(), Do: f.send(func(d *draft.Draft) {
			for i := range d.Options {
				if d.Options[i].Number == n {
					d.Options[i].Off = true
				}
			}
			d.Plain = d.Plain && n != protocol.Block1 && n != protocol.Block2
		})}
		if names(said, n) {
			action.Hint = "The device does not understand " + n.String() + ", and must refuse a request with a critical option that it does not understand (RFC 7252 §5.4.1)"
			named = append(named, action)
		} else {
			action.Hint = n.String() + " is critical: whoever does not understand it must refuse the request (RFC 7252 §5.4.1)"
			others = append(others, action)
		}
	}
	if f.q.draft.BlockSize > 0 && (names(said, protocol.Block1) || names(said, protocol.Block2)) {
		named = append(named, Action{
			ID: "leave-out-block", Title: "Without a block size", Hint: "Block options are critical (RFC 7959 §2.1)",
			Do: f.send(func(d *draft.Draft) { d.BlockSize, d.ResponseBlockSize = 0, 0 }),
		})
	}
	if len(named) > 0 {
		others = nil
	}
	f.menu("leave-out", "Leave out an option", "One of the critical options that were sent is not understood (RFC 7252 §5.4.1)", append(named, others...))
}

// names tells whether a text names an option by its name or its number.
func names(text string, n protocol.OptionNumber) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
	return slices.Contains(words, strings.ToLower(n.String())) || slices.Contains(words, strconv.Itoa(int(n)))
}

// tried are the methods that are offered where one is not allowed.
var tried = []protocol.Code{protocol.GET, protocol.POST, protocol.PUT, protocol.FETCH, protocol.PATCH, protocol.IPATCH, protocol.DELETE}

func (f *follower) otherMethods() {
	var items []Action
	for _, m := range tried {
		if m == f.q.message.Code {
			continue
		}
		action := Action{ID: "method-" + m.Short(), Title: m.Short(), Hint: "Writes it; it is not sent yet", Do: f.ready(func(d *draft.Draft) { d.Method = m })}
		if m == protocol.GET {
			action.Title, action.Hint, action.Do = "GET, at once", "A GET changes nothing (RFC 7252 §5.8.1)", f.opens(f.q.uri.String())
		}
		items = append(items, action)
	}
	hint := "The resource does not know this method (RFC 7252 §5.9.2.6)"
	if n := f.resource(); n != nil {
		if by := methodsOf(n.Interfaces()); by != "" {
			hint += ". By its interface it has " + by
		}
	}
	f.menu("methods", "Another method", hint, items)
}

// methodsOf gives the methods that an interface of CoRE stands for (draft-ietf-core-interfaces §3); empty for others.
func methodsOf(interfaces []string) string {
	known := map[string]string{
		"core.ll": "GET", "core.b": "GET, PUT, POST", "core.lb": "GET, PUT, POST, DELETE", "core.s": "GET", "core.p": "GET, PUT", "core.rp": "GET", "core.a": "GET, PUT, POST",
	}
	for _, i := range interfaces {
		if by := known[i]; by != "" {
			return by + " (" + i + ")"
		}
	}
	return ""
}

// accept offers the other formats that the resource lists (RFC 7252 §5.10.4).
func (f *follower) accept() {
	asked, _ := f.q.message.Options.Uint(protocol.Accept)
	var items []Action
	for _, format := range f.formats() {
		if uint32(format) == asked {
			continue
		}
		text := draft.ContentFormatText(format)
		items = append(items, Action{
			ID: fmt.Sprintf("accept-%d", format), Title: "Accept " + text, Hint: "The resource is listed with this ct (RFC 7252 §7.2.1)",
			Do: f.send(func(d *draft.Draft) { d.SetOption(protocol.Accept, text) }),
		})
	}
	f.menu("accept", "Accept another format", "The resource has no representation of the one that was asked for (RFC 7252 §5.10.4)", items)
	f.add("accept-any", "Whatever it has", "Without Accept the device chooses (RFC 7252 §5.10.4)", f.send(func(d *draft.Draft) { d.Remove(protocol.Accept) }))
}

// smaller offers smaller blocks, as the device hints at, or half of what they were (RFC 7959 §2.9.3).
func (f *follower) smaller() {
	o := f.a.Message.Options
	if limit, ok := o.Uint(protocol.Size1); ok && int(limit) < len(f.q.message.Payload) {
		f.add("limit", "It takes at most "+Bytes(int(limit)), "Size1 of a 4.13 is the largest body that the device takes (RFC 7959 §4)", nil)
	}
	size := f.q.draft.BlockSize
	if size == 0 {
		size = 1024
	}
	for size > 16 && size/2 >= len(f.q.message.Payload) {
		size /= 2
	}
	why := "half of what they were"
	if b, ok := o.Block(protocol.Block1); ok && b.Size() < size {
		size, why = b.Size(), "as the device hints at"
	} else {
		size /= 2
	}
	if size < 16 {
		return
	}
	f.add("smaller", fmt.Sprintf("In blocks of %d", size), "Sends the body in smaller blocks, "+why+" (RFC 7959 §2.9.3)", f.send(func(d *draft.Draft) {
		d.Remove(protocol.Block1)
		d.Plain, d.BlockSize = false, size
	}))
}

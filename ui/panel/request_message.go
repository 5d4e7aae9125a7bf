package panel

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// messageEditor is where it is written how a request is sent: identifiers, transmission parameters, blocks, proxy. What
// is left empty is left to the engine.
type messageEditor struct {
	object fyne.CanvasObject

	p        *Request
	scroll   *container.Scroll
	settings []*setting
	switches []*settingSwitch
	block    *widget.Chip
	response *widget.Chip
	cache    *widget.Chip
	plan     *widget.Sheet
}

// setting is a text of the settings.
type setting struct {
	field  draft.Field
	label  string
	empty  string // what nothing stands for
	tip    string
	of     func(*draft.Settings) *string
	entry  *widget.Entry
	object fyne.CanvasObject
}

// settingSwitch is one that is on or off.
type settingSwitch struct {
	chip *widget.Chip
	of   func(*draft.Settings) *bool
}

// settingFields are the fields that have their place here.
var settingFields = []draft.Field{
	draft.TokenField, draft.MessageIDField, draft.AckTimeoutField, draft.RandomField, draft.RetransmitField, draft.NStartField,
	draft.ProbingField, draft.TimeoutField, draft.ProxyField, draft.RequestTagField, draft.AgainField, draft.CacheField,
}

func newMessageEditor(p *Request) *messageEditor {
	e := &messageEditor{p: p}
	box := Stacked(-1)
	text := func(field draft.Field, label, empty, tip string, of func(*draft.Settings) *string) {
		s := &setting{field: field, label: label, empty: empty, tip: tip, of: of}
		e.build(s)
		e.settings = append(e.settings, s)
		box.Add(s.object)
	}
	heading := func(text string) {
		h := widget.NewSheet(func(g *widget.Painter) { g.Text(6, 18, text, widget.SansBold(11, view.Dim)) })
		h.On = widget.OnPanel
		h.Min = fyne.NewSize(60, 24)
		box.Add(h)
	}
	row := func(chips ...fyne.CanvasObject) {
		box.Add(container.New(bar{elastic: -1, gap: 6, height: 34}, chips...))
	}

	heading("Identifiers")
	text(draft.TokenField, "Token", "random", "Empty here: 4 random bytes or more, new for each exchange. Else hex digits; “empty”; “random 8” or “sequential 8” with a number of bytes, up to 65,804 (RFC 7252 §5.3.1, RFC 8974)",
		func(s *draft.Settings) *string { return &s.Token })
	text(draft.MessageIDField, "Message ID", "next free", "Empty here: the next one that is free with the device. Else a number such as 32052 or 0x7d34, which the first message has; or “random” (RFC 7252 §4.4)",
		func(s *draft.Settings) *string { return &s.MessageID })
	row(e.toggle("Reuse the message ID", "Also where it is in use with the device, which RFC 7252 §4.4 forbids", func(s *draft.Settings) *bool { return &s.ReuseMessageID }))

	heading("Blocks")
	e.block = widget.NewMenuChip("Block size ▾", view.Plain, func() *fyne.Menu {
		return e.sizes(func(s *draft.Settings) *int { return &s.BlockSize })
	})
	e.block.Hint = "The largest block of a body, both ways; smaller where the peer wishes (RFC 7959)"
	e.response = widget.NewMenuChip("Response ▾", view.Plain, func() *fyne.Menu {
		return e.sizes(func(s *draft.Settings) *int { return &s.ResponseBlockSize })
	})
	e.response.Hint = "The largest block of the response, where it is to be another (RFC 7959 §2.3)"
	row(e.block)
	row(e.response, e.toggle("Ask size", "Ask for the size of the response's body (RFC 7959 §4)", func(s *draft.Settings) *bool { return &s.AskSize }))
	row(
		e.toggle("One message", "Send it as it is, with the Block options that are written, and do not go on by itself", func(s *draft.Settings) *bool { return &s.Plain }),
		e.toggle("Q-Block", "Move bodies by Q-Block1 and Q-Block2, which do not wait for each block (RFC 9177)", func(s *draft.Settings) *bool { return &s.QBlock }))
	text(draft.RequestTagField, "Request-Tag", "none", "Hex digits, 0 to 8 bytes, of a body in blocks (RFC 9175 §3)", func(s *draft.Settings) *string { return &s.RequestTag })

	heading("Transmission")
	def := protocol.DefaultTransmission()
	text(draft.AckTimeoutField, "ACK_TIMEOUT", view.Seconds(def.AckTimeout), "The least time until a CON is sent again (RFC 7252 §4.8)", func(s *draft.Settings) *string { return &s.AckTimeout })
	text(draft.RandomField, "ACK_RANDOM_FACTOR", fmt.Sprint(def.AckRandomFactor), "What chance multiplies it by, at most (RFC 7252 §4.8)", func(s *draft.Settings) *string { return &s.AckRandomFactor })
	text(draft.RetransmitField, "MAX_RETRANSMIT", fmt.Sprint(def.MaxRetransmit), "How often a CON is sent again before it is given up (RFC 7252 §4.8)", func(s *draft.Settings) *string { return &s.MaxRetransmit })
	text(draft.NStartField, "NSTART", fmt.Sprint(def.NStart), "How many exchanges may be open with a device at once (RFC 7252 §4.7)", func(s *draft.Settings) *string { return &s.NStart })
	text(draft.ProbingField, "PROBING_RATE", fmt.Sprint(def.ProbingRate)+" byte/s", "How fast a device that does not answer may be sent to (RFC 7252 §4.7)", func(s *draft.Settings) *string { return &s.ProbingRate })
	text(draft.TimeoutField, "Timeout", view.Seconds(def.ExchangeLifetime()), "How long to wait for a separate response, and for that to a NON", func(s *draft.Settings) *string { return &s.Timeout })
	e.plan = widget.NewSheet(e.drawPlan)
	e.plan.On = widget.OnPanel
	e.plan.Min = fyne.NewSize(60, 38)
	box.Add(e.plan)

	heading("Proxy")
	text(draft.ProxyField, "Forward proxy", "none", "The host of a proxy that is asked instead of the device itself (RFC 7252 §5.7)", func(s *draft.Settings) *string { return &s.Proxy })
	row(e.toggle("By Proxy-Scheme", "Ask the proxy by Proxy-Scheme and Uri options instead of Proxy-Uri (RFC 7252 §5.10.2)", func(s *draft.Settings) *bool { return &s.ProxyInParts }))

	heading("Response")
	text(draft.AgainField, "Ask again", "never", "How often to ask again after 4.29, or 5.03 with Max-Age, once that has passed (RFC 8516 §4)", func(s *draft.Settings) *string { return &s.Again })
	e.cache = widget.NewMenuChip("Cache: none ▾", view.Plain, e.caches)
	e.cache.Hint = "Whether a response that was received before may answer (RFC 7252 §5.6)"
	row(e.cache)
	row(
		e.toggle("Echo by hand", "Leave the Echo option to me; else a 4.01 with Echo is answered by itself (RFC 9175 §2)", func(s *draft.Settings) *bool { return &s.EchoByHand }),
		e.toggle("Impatient", "Send it though the device asked to wait (RFC 8516 §4)", func(s *draft.Settings) *bool { return &s.Impatient }))

	e.scroll = container.NewVScroll(padded(box, 8, 4, 8, 8))
	e.object = e.scroll
	return e
}

const settingLabel = 148

func (e *messageEditor) build(s *setting) {
	label := widget.NewSheet(func(g *widget.Painter) {
		g.TextEllipsis(6, g.H/2+4, g.W-10, s.label, widget.Sans(12, view.Plain))
	})
	label.On = widget.OnPanel
	label.Min = fyne.NewSize(settingLabel, 30)
	label.Tip = func(fyne.Position) string {
		if problem, bad := e.p.problem(s.field); bad {
			return problem.Text
		}
		return s.tip
	}
	label.OnTap = func(widget.Tap) { s.entry.Focus() }
	s.entry = widget.NewMonoEntry(s.empty)
	s.entry.OnScrolled = func(ev *fyne.ScrollEvent) { e.scroll.Scrolled(ev) }
	s.entry.OnChanged = func(text string) {
		if to := s.of(&e.p.draft().Settings); *to != text {
			*to = text
			e.p.changed()
		}
	}
	s.object = container.New(bar{elastic: 1, gap: 0, height: 32}, label, s.entry)
}

func (e *messageEditor) toggle(title, tip string, of func(*draft.Settings) *bool) *widget.Chip {
	s := &settingSwitch{of: of}
	s.chip = widget.NewChip(title, view.Plain, func() {
		on := of(&e.p.draft().Settings)
		*on = !*on
		e.p.changed()
	})
	s.chip.Hint = tip
	e.switches = append(e.switches, s)
	return s.chip
}

func (e *messageEditor) sizes(of func(*draft.Settings) *int) *fyne.Menu {
	var items []*fyne.MenuItem
	for _, size := range append([]int{0}, draft.BlockSizes...) {
		item := fyne.NewMenuItem(blockText(size), func() {
			*of(&e.p.draft().Settings) = size
			e.p.changed()
		})
		item.Checked = *of(&e.p.draft().Settings) == size
		items = append(items, item)
	}
	return fyne.NewMenu("Block size", items...)
}

// cachePolicies are the ways to use the cache, as the settings have them.
var cachePolicies = []struct{ value, title, chip string }{
	{"", "None: the device is asked", "Cache: none ▾"},
	{"revalidate", "Revalidate: the device is asked whether what is kept is valid still", "Cache: revalidate ▾"},
	{"fresh", "Fresh: what is fresh still answers, without asking", "Cache: fresh ▾"},
}

func (e *messageEditor) caches() *fyne.Menu {
	var items []*fyne.MenuItem
	for _, c := range cachePolicies {
		item := fyne.NewMenuItem(c.title, func() {
			e.p.draft().Cache = c.value
			e.p.changed()
		})
		item.Checked = e.p.draft().Cache == c.value
		items = append(items, item)
	}
	return fyne.NewMenu("Cache", items...)
}

func (e *messageEditor) refresh() {
	s := &e.p.draft().Settings
	for _, one := range e.settings {
		if text := *one.of(s); one.entry.Text() != text {
			one.entry.SetText(text)
		}
		state := widget.NeutralEntry
		if _, bad := e.p.problem(one.field); bad {
			state = widget.InvalidEntry
		}
		one.entry.SetState(state)
	}
	for _, one := range e.switches {
		if on := *one.of(s); one.chip.Lit != on {
			one.chip.Lit, one.chip.Concept = on, view.Plain
			if on {
				one.chip.Concept = view.Accent
			}
			one.chip.Refresh()
		}
	}
	e.block.SetText(blockText(s.BlockSize) + " ▾")
	text := "Response: the same ▾"
	if s.ResponseBlockSize > 0 {
		text = fmt.Sprintf("Response: %d ▾", s.ResponseBlockSize)
	}
	e.response.SetText(text)
	for _, c := range cachePolicies {
		if c.value == s.Cache {
			e.cache.SetText(c.chip)
		}
	}
	e.plan.Refresh()
}

// drawPlan says when the message is sent again with these parameters (RFC 7252 §4.2).
func (e *messageEditor) drawPlan(g *widget.Painter) {
	t := protocol.DefaultTransmission()
	if own := e.p.built.Request.Transmission; own != nil {
		t = *own
	}
	text := "A NON is sent once."
	if e.p.draft().Type == protocol.Confirmable {
		last := float64(t.AckTimeout) * t.AckRandomFactor
		text = fmt.Sprintf("Sent again after %.3g–%.3g s, then doubling; given up after %d tries, at most %s.",
			t.AckTimeout.Seconds(), last/1e9, t.MaxRetransmit+1, view.Seconds(t.MaxTransmitWait()))
	}
	for i, line := range wrap(g, text, g.W-12, widget.Sans(11, view.Dim)) {
		g.Text(6, 14+15*float32(i), line, widget.Sans(11, view.Dim))
	}
}

// focus puts the cursor into the entry of a field.
func (e *messageEditor) focus(field draft.Field) {
	for _, s := range e.settings {
		if s.field != field {
			continue
		}
		focusIn(e.p.stack, s.entry.Field())
		s.entry.CursorToEnd()
		fyne.Do(func() { // once it has its place
			top := s.object.Position().Y
			if room := e.scroll.Size().Height; top < e.scroll.Offset.Y || top+32 > e.scroll.Offset.Y+room {
				e.scroll.ScrollToOffset(fyne.NewPos(0, max(0, top-room/2)))
			}
		})
	}
}

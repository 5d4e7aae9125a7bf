package view

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"coapscope/discovery"
	"coapscope/session"
	"coapscope/ui/snippet"
)

// observeGroup begins to observe each member of the group that the request of a tab goes to: one request cannot register
// with all of them (RFC 7641 §1.2).
func (w *Workbench) observeGroup(t *Tab) {
	b := w.built(t)
	if t.Problems = b.Problems; len(b.Problems) > 0 {
		w.Changed(PartAnswer | PartBar)
		return
	}
	p, err := w.planGroup(t, &b)
	if err != nil {
		w.Say(Error, "Not observed: %v", err)
		return
	}
	members := slices.Clone(p.group.Members)
	if g := t.Group; g != nil && p.group.IsMulticast() {
		for _, m := range g.members {
			if m.Text == "" && m.Nth == 1 {
				members = append(members, discovery.EndpointText(m.To))
			}
		}
	}
	if len(members) == 0 {
		w.Say(Warning, "A multicast request registers nobody as an observer (RFC 7641 §1.2), and no member of the group is known yet: send it first, then each that answers can be observed")
		return
	}
	observe := func() { w.observeEach(t, members) }
	if !p.group.IsMulticast() {
		observe()
		return
	}
	w.question(t, Question{
		Text: fmt.Sprintf("A multicast request registers nobody as an observer (RFC 7641 §1.2). Observe %s instead, each by unicast?", count(len(members), "member that is known", "members that are known")),
		Yes:  "Observe each", No: "Observe none", yes: observe,
	})
}

func (w *Workbench) observeEach(t *Tab, members []string) {
	requests := make([]memberRequest, 0, len(members))
	for _, text := range members {
		one := &GroupMember{Text: text}
		r := w.memberRequest(&Tab{Draft: t.Draft}, one)
		if r.err != nil {
			w.Say(Error, "%s cannot be observed: %v", text, r.err)
			continue
		}
		r.built.Request.Message.Type = t.Draft.Type
		requests = append(requests, r)
	}
	w.Say(Good, "Observing %s, each by itself: see Observe below", count(len(requests), "member", "members"))
	go func() {
		for _, r := range requests {
			q, err := w.observedBy(r)
			if err != nil {
				w.inbox.Put(nil, func() { w.Say(Error, "%s cannot be observed: %v", r.member.Text, err) })
				continue
			}
			path := r.built.URI.PathQuery()
			w.inbox.Put(nil, func() { w.hold(q, path, nil) })
		}
	}()
}

// observedBy gives what a member is asked for, with its address and the whole payload.
func (w *Workbench) observedBy(r memberRequest) (q session.Request, err error) {
	q = r.built.Request
	done, err := readBody(&q, r.built.File)
	if err != nil {
		return q, err
	}
	defer done()
	if q.To, err = session.Resolve(context.Background(), r.built.Destination); err != nil {
		return q, err
	}
	return q, w.Engine.CheckObserved(&q)
}

// membersOf is how many members the list has that the request of a tab goes to; 0 where it goes to none.
func (w *Workbench) membersOf(t *Tab) int {
	if g := w.Groups.Find(t.Draft.Group); g != nil && !g.IsMulticast() {
		return len(g.Members)
	}
	return 0
}

// copyMembers gives the request of the current tab as a command line for each member of its group; of a program only that
// for the first of them, which is given.
func (w *Workbench) copyMembers(kind snippet.Kind, first string) (string, error) {
	t := w.Tab()
	members := w.Groups.Find(t.Draft.Group).Members
	if !snippet.IsCommand(first) {
		w.Say(Warning, "Copied as %s, for the first of %d members", kind.Name, len(members))
		return first, nil
	}
	var lines []string
	for _, text := range members {
		r := w.memberRequest(t, &GroupMember{Text: text})
		if r.err == nil {
			var line string
			if line, r.err = kind.Write(&r.built); r.err == nil {
				lines = append(lines, line)
			}
		}
		if r.err != nil {
			return "", fmt.Errorf("%s: %w", text, r.err)
		}
	}
	w.Say(Good, "Copied as %s, a line for each of %d members", kind.Name, len(members))
	return strings.Join(lines, "\n"), nil
}

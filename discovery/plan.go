package discovery

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"strings"
	"time"

	"coapscope/discovery/dnssd"
	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// Search is what is looked for by multicast, and where. Every field but By may be left at its zero value.
type Search struct {
	By     []Interface
	Groups []netip.Addr // empty for the narrowest groups of All CoAP Nodes, of IPv4 and of IPv6
	Ports  []uint16     // empty for 5683
	// Filters select links, such as rt=temperature* (RFC 6690 §4.1); empty for all. That a server knows more than
	// one at a time is the rule for resource directories only (RFC 9176 §6.2).
	Filters []string
	// HopLimit is how many links a request may cross, 1 to 255; 0 for what the group's scope asks for, the link
	// where that is IPv4's.
	HopLimit int
	Rounds   int           // how often to ask, because nobody acknowledges multicast; 0 for [DefaultRounds]
	NoGroups bool          // no group is asked, which leaves DNS-SD
	Services []string      // to look for by DNS-SD, see [Services]; empty for none. Loopback has none
	Every    time.Duration // from a round to the next; 0 for [DefaultEvery]
	Leisure  Leisure
}

// Leisure is what is known of the time that devices let pass before they answer (RFC 7252 §8.2).
type Leisure struct {
	Time time.Duration // as it was set up; 0 for what the rest says, or DEFAULT_LEISURE

	// With the three of them the time is S·G/R, where that is more than DEFAULT_LEISURE.
	Size  int // S: bytes of an answer, with the headers below
	Group int // G: how many devices answer
	Rate  int // R: bytes a second that the network can take
}

// Duration gives the time in which all answer (RFC 7252 §8.2).
func (l Leisure) Duration() time.Duration {
	if l.Time > 0 {
		return l.Time
	}
	least := protocol.DefaultTransmission().DefaultLeisure
	return max(least, l.LowerBound())
}

// LowerBound gives S·G/R; 0 where one of the three is not known.
func (l Leisure) LowerBound() time.Duration {
	if l.Size <= 0 || l.Group <= 0 || l.Rate <= 0 {
		return 0
	}
	seconds := float64(l.Size) * float64(l.Group) / float64(l.Rate)
	return time.Duration(min(seconds, maxLeisure.Seconds()) * float64(time.Second))
}

const (
	// DefaultRounds of a search find all but a thousandth of the devices where a tenth of the requests is lost.
	DefaultRounds = 3
	// DefaultEvery is late enough for a round to be another chance, and early enough for the leisure of those who
	// missed the one before.
	DefaultEvery = 1500 * time.Millisecond

	maxRounds  = 20
	maxLeisure = 10 * time.Minute
	// way is how long an answer may be under way, after the leisure.
	way = time.Second
)

// Ask is a datagram of a plan, which goes out in each round.
type Ask struct {
	To       netip.AddrPort
	By       *net.Interface // nil for the system's choice
	HopLimit int
	Scope    Scope
}

// String is the ask in words.
func (a Ask) String() string {
	return fmt.Sprintf("%s, hop limit %d, scope %s", a.Short(), a.HopLimit, a.Scope)
}

// Short says where it goes, and by what interface.
func (a Ask) Short() string {
	if a.By == nil {
		return a.To.String()
	}
	return netip.AddrPortFrom(a.To.Addr().WithZone(""), a.To.Port()).String() + " by " + a.By.Name
}

// TokenBytes is the length of the tokens of what is planned: an engine gives no shorter ones unless it is told to.
const TokenBytes = 4

// Plan is what will be sent. Making one sends nothing.
type Plan struct {
	// Asks go to groups, each in each of the Rounds.
	Asks   []Ask
	Rounds int
	Every  time.Duration // from a round to the next
	Wait   time.Duration // for answers, after the last round

	// Browses are the queries of DNS-SD, each sent [dnssd.Queries] times. What the answers leave out is asked for besides.
	Browses     []Ask
	Services    []string // that they ask for
	BrowseBytes int      // of one

	// Targets are asked one by one, so many a second.
	Targets Targets
	Rate    int

	Filters []string // of every request
	Bytes   int      // of a request, without headers of UDP and IP
}

// Plan makes the plan of a search. The error says what of it cannot be.
func (s Search) Plan() (Plan, error) {
	p := Plan{
		Rounds: cmp.Or(s.Rounds, DefaultRounds), Every: cmp.Or(s.Every, DefaultEvery), Filters: s.Filters, Wait: s.Leisure.Duration() + way,
	}
	switch {
	case len(s.By) == 0:
		return p, errors.New("no network interface is chosen to search by")
	case p.Rounds < 1 || p.Rounds > maxRounds:
		return p, fmt.Errorf("%d rounds: ask once to %d times", p.Rounds, maxRounds)
	case p.Every < 0:
		return p, fmt.Errorf("a round %v after the one before cannot be", p.Every)
	case s.HopLimit < 0 || s.HopLimit > 255:
		return p, fmt.Errorf("hop limit %d: it has to be from 1 to 255, or 0 for that of the scope", s.HopLimit)
	}
	if err := p.setFilters(s.Filters); err != nil {
		return p, err
	}
	groups := s.Groups
	switch {
	case s.NoGroups:
		groups = nil
	case len(groups) == 0:
		groups = AllCoAPNodes()[:2]
	}
	ports := s.Ports
	if len(ports) == 0 {
		ports = []uint16{protocol.Port}
	}
	for _, group := range groups {
		if err := CheckGroup(group); err != nil {
			return p, err
		}
		for _, port := range ports {
			if port == 0 {
				return p, errors.New("port 0 is no port; CoAP's is 5683")
			}
			for i := range s.By {
				if by := &s.By[i]; by.reaches(group) && (group.Zone() == "" || group.Zone() == by.Net.Name) {
					p.Asks = append(p.Asks, s.ask(group, port, by))
				}
			}
		}
	}
	p.browse(s)
	switch {
	case len(p.Asks) > 0 || s.NoGroups && len(p.Browses) > 0:
		return p, nil
	case s.NoGroups && len(s.Services) == 0:
		return p, errors.New("nothing is chosen to be asked: no group, and not DNS-SD")
	case s.NoGroups:
		return p, errors.New("none of the interfaces chosen leads to a link on which DNS-SD can be asked")
	}
	return p, fmt.Errorf("none of the interfaces chosen has an address to ask %v from", groups)
}

// browse plans the queries of DNS-SD.
func (p *Plan) browse(s Search) {
	if len(s.Services) == 0 {
		return
	}
	p.Services, p.BrowseBytes = s.Services, dnssd.QuerySize(s.Services)
	for i := range s.By {
		by := &s.By[i]
		for _, group := range []netip.Addr{dnssd.Group4, dnssd.Group6} {
			if by.Loopback || !by.reaches(group) {
				continue
			}
			if group.Is6() {
				group = group.WithZone(by.Net.Name)
			}
			p.Browses = append(p.Browses, Ask{netip.AddrPortFrom(group, dnssd.Port), &by.Net, 255, ScopeLink}) // RFC 6762 §11
		}
	}
}

// ask gives what goes to a group by an interface.
func (s Search) ask(group netip.Addr, port uint16, by *Interface) Ask {
	group = group.Unmap()
	hops := s.HopLimit
	if hops == 0 {
		hops = linkHops
		if ScopeOf(group, linkHops).Wide() {
			hops = wideHops
		}
	}
	if group.Is6() {
		group = group.WithZone(by.Net.Name) // also of a wide group: it leaves by this interface
	}
	return Ask{netip.AddrPortFrom(group, port), &by.Net, hops, ScopeOf(group, hops)}
}

// setFilters checks the filters, and counts the bytes of a request.
func (p *Plan) setFilters(filters []string) error {
	for _, filter := range filters {
		if _, err := linkformat.ParseFilter(filter); err != nil {
			return err
		}
	}
	m := request(protocol.NonConfirmable, filters)
	m.Token = protocol.TokenOf(make([]byte, TokenBytes))
	data, err := m.Append(nil)
	if err != nil {
		return fmt.Errorf("the filters make no request: %w", err)
	}
	p.Bytes = len(data)
	return nil
}

// Datagrams is how many are sent at most, but for those by which the rest of long answers is fetched, and what DNS-SD has
// told of is asked, by unicast.
func (p Plan) Datagrams() int {
	return len(p.Asks)*p.Rounds + len(p.Browses)*dnssd.Queries + p.Targets.Count()*targetTries
}

// Time is how long it takes, but for fetching; more where answers still come in the end.
func (p Plan) Time() (d time.Duration) {
	if len(p.Asks) > 0 {
		d = time.Duration(p.Rounds-1)*p.Every + p.Wait
	}
	if n := p.Targets.Count(); n > 0 {
		d += time.Duration(n-1)*p.pace() + targetPatience
	}
	if len(p.Browses) > 0 {
		d = max(d, dnssd.Duration)
	}
	return d
}

// Scope gives the widest scope of what is sent.
func (p Plan) Scope() (widest Scope) {
	for _, a := range p.Asks {
		widest = max(widest, a.Scope)
	}
	return widest
}

// Question is what to ask the user before the plan is carried out, because it reaches further than the link, or many
// hosts; empty where one need not ask.
func (p Plan) Question() string {
	if n := p.Targets.Count(); n > 1 {
		return fmt.Sprintf("Ask %d hosts one by one, %d a second, which takes %d s, with at most %d datagrams of %d bytes: %s?",
			n, p.Rate, int(math.Round(p.Time().Seconds())), p.Datagrams(), p.Bytes, p.Targets)
	}
	if !p.Scope().Wide() {
		return ""
	}
	var wide []string
	for _, a := range p.Asks {
		if a.Scope.Wide() {
			wide = append(wide, a.String())
		}
	}
	all := "1 datagram, which"
	if n := p.Datagrams(); n > 1 {
		all = fmt.Sprintf("%d datagrams, of which these", n)
	}
	return fmt.Sprintf("Send %s may leave the link and make many devices answer: %s?", all, strings.Join(wide, "; "))
}

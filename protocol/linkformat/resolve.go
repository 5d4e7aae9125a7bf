package linkformat

import (
	"fmt"
	"net/url"
)

// Resolve gives target and context of the link as full URIs, for links that were read from the
// resource at base, such as coap://[2001:db8::1]/.well-known/core. The target is resolved against
// base (RFC 3986 §5). The context is the anchor, resolved likewise, else the origin of the target
// where that names one, else the origin of base (RFC 6690 §2.1).
func (l Link) Resolve(base string) (target, context string, err error) {
	b, err := url.Parse(base)
	if err != nil || !b.IsAbs() {
		return "", "", fmt.Errorf("base %q is not an absolute URI (RFC 3986 §5.1)", base)
	}
	ref, err := parseReference(l.Target)
	if err != nil {
		return "", "", fmt.Errorf("target of the link is not a URI reference (RFC 6690 §2): %w", err)
	}
	t := b.ResolveReference(ref)
	if a, ok := l.Attribute("anchor"); ok {
		anchor, err := parseReference(a.Value)
		if err != nil {
			return t.String(), "", fmt.Errorf("anchor of the link is not a URI reference (RFC 6690 §2): %w", err)
		}
		return t.String(), b.ResolveReference(anchor).String(), nil
	}
	origin := b
	if ref.Host != "" {
		origin = t
	}
	return t.String(), (&url.URL{Scheme: origin.Scheme, Host: origin.Host, Path: "/"}).String(), nil
}

// parseReference takes a reference with characters that a URI has only percent-encoded.
func parseReference(s string) (*url.URL, error) {
	return url.Parse(string(appendEscaped(nil, s, func(c byte) bool { return c < 0x80 && uriChar(c) })))
}

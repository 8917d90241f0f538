"""Messages (EML, MSG) and web pages saved as messages (MHTML)."""

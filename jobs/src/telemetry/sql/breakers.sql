select provider, state from insights.providers

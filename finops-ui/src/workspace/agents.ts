/** The agents that can be chosen. A deployment with others names them here; none must be chosen. */
export const AGENTS: readonly { readonly name: string; readonly title: string; readonly about: string }[] = [
  { name: 'aws-cost-forecast-agent', title: 'Cost analysis', about: 'What was spent, what changed, what is to come' },
  {
    name: 'trusted-advisor-agent-trusted-advisor-agent',
    title: 'Optimisation',
    about: 'What is idle, unused, or could cost less',
  },
];

/** Questions to begin with, each of which the agents answer. Relative periods, so that they do not grow old. */
export const EXAMPLES: readonly { readonly group: string; readonly questions: readonly string[] }[] = [
  { group: 'Spend', questions: ['What was my S3 spend last month?', 'Top 10 most expensive resources last month'] },
  { group: 'Change', questions: ['Why did costs go up last month?', 'What will we spend this year?'] },
  { group: 'Save', questions: ['Where can we save?', 'Untagged spend last month'] },
];
